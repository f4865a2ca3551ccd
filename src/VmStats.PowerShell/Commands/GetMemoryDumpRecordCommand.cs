using System.Management.Automation;
using VmStats.Dumps.Records;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the records of memory dumps from the store, newest first.</summary>
/// <remarks>Reads the records of this module, of the original's script and of its dump service in the same way; a value that the writer didn't record is null.</remarks>
/// <example>
/// <code>Get-MemoryDumpRecord db01 -First 1</code>
/// Shows the last dump of db01: file, hash, size, duration.
/// </example>
/// <example>
/// <code>Get-MemoryDumpRecord -State Failed -Start 7d</code>
/// Shows which dumps failed in the last week, and why.
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpRecord")]
[OutputType(typeof(MemoryDumpRecord))]
public sealed class GetMemoryDumpRecordCommand : MemoryDumpRecordCmdletBase
{
    /// <summary>Only dumps in these states.</summary>
    [Parameter]
    public MemoryDumpState[]? State { get; set; }

    /// <summary>Only dumps whose SHA-256 hash, of the raw image or of the stored file, begins with this text.</summary>
    [Parameter]
    [Alias("Sha256")]
    [ValidatePattern("^[0-9A-Fa-f]{1,64}$")]
    public string? Hash { get; set; }

    /// <summary>The maximum number of records.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? First { get; set; }

    /// <summary>The number of records to skip first.</summary>
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
