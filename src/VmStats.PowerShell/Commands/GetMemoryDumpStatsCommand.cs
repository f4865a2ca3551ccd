using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Computes statistics of memory dumps: count, sizes, ratio, durations, failures, by one query.</summary>
/// <remarks>When the store can't be read this is an error, never zeros. Without any dump the counts are 0 and the rest is null.</remarks>
/// <example>
/// <code>Get-MemoryDumpStats</code>
/// How many dumps are there, and how large?
/// </example>
/// <example>
/// <code>Get-MemoryDumpStats -PerVm -Start 30d | Sort-Object StoredBytes -Descending</code>
/// Which VMs took most room in the last thirty days?
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpStats")]
[OutputType(typeof(MemoryDumpStats))]
public sealed class GetMemoryDumpStatsCommand : MemoryDumpRecordCmdletBase
{
    /// <summary>One object for each VM instead of one for all.</summary>
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
