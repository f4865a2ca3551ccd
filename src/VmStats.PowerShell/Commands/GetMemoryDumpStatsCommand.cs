using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Computes statistics of memory dumps with one query: count, sizes, compression ratio, durations and failures.</summary>
/// <remarks>A store that can't be read is an error; the result is never zeros. If there are no dumps, the counts are 0 and the other values null.</remarks>
/// <example>
/// <code>Get-MemoryDumpStats</code>
/// Shows how many dumps there are, and how large they are.
/// </example>
/// <example>
/// <code>Get-MemoryDumpStats -PerVm -Start 30d | Sort-Object StoredBytes -Descending</code>
/// Shows which VMs' dumps took most space in the last thirty days.
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpStats")]
[OutputType(typeof(MemoryDumpStats))]
public sealed class GetMemoryDumpStatsCommand : MemoryDumpRecordCmdletBase
{
    /// <summary>Returns one object for each VM instead of one for all.</summary>
    [Parameter]
    public SwitchParameter PerVm { get; set; }

    private protected override async Task ReadAsync(
        MemoryDumpRecords records, MemoryDumpFilter filter, CommandOutput output, CancellationToken cancellationToken)
    {
        if (!PerVm)
        {
            output.Write(await records.GetStatsAsync(filter, cancellationToken));
            return;
        }

        foreach (MemoryDumpStats stats in await records.GetStatsPerVmAsync(filter, cancellationToken))
        {
            output.Write(stats);
        }
    }
}
