using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the records of memory dumps from the store, newest first.</summary>
/// <remarks>Records of this module, of the original's script and of its dump service are read alike; what a writer didn't record is null.</remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1</code>
/// The last dump of db01: file, hash, size, duration.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Failed -Start 7d</code>
/// Which dumps failed in the last week, and why?
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpRecord")]
[OutputType(typeof(MemoryDumpRecord))]
public sealed class GetMemoryDumpRecordCommand : MemoryDumpRecordCmdletBase
{
    /// <summary>Only dumps that ended like this.</summary>
    [Parameter]
    public MemoryDumpState[]? State { get; set; }

    /// <summary>Only dumps whose raw or stored SHA-256 begins with this.</summary>
    [Parameter]
    [Alias("Sha256")]
    [ValidatePattern("^[0-9A-Fa-f]{1,64}$")]
    public string? Hash { get; set; }

    /// <summary>At most so many records.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? First { get; set; }

    /// <summary>Records to pass over first.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    private protected override MemoryDumpFilter Filter() =>
        base.Filter() with { States = State, Hash = Hash, First = First, Skip = Skip };

    private protected override async Task ReadAsync(
        MemoryDumpRecords records, MemoryDumpFilter filter, CommandOutput output, CancellationToken cancellationToken)
    {
        await foreach (MemoryDumpRecord record in records.ReadAsync(filter, cancellationToken))
        {
            output.Write(record);
        }
    }
}
