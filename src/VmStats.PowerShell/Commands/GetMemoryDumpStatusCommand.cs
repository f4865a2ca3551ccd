using System.Management.Automation;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Shows memory dumps that wait, run or ended in the last seven days on this host, whichever process takes them.</summary>
/// <remarks>A dump whose process died is Interrupted; the next Invoke-MemoryDump clears its partial file away and records it.</remarks>
/// <example>
/// <code>Get-MemoryDumpStatus -State Running</code>
/// Which dumps run now, and how far are they?
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* | Get-MemoryDumpStatus</code>
/// How did the last dumps of these VMs end?
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpStatus")]
[OutputType(typeof(MemoryDumpStatus))]
public sealed class GetMemoryDumpStatusCommand : VmStatsCommand
{
    private IReadOnlyList<MemoryDumpStatus>? _all;

    /// <summary>Names of VMs; wildcards are allowed. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>A VM's UUID.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>Only dumps in these states.</summary>
    [Parameter]
    public MemoryDumpState[]? State { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _all ??= Compute((_, _) => Task.FromResult<IReadOnlyList<MemoryDumpStatus>>(new MemoryDumpStatusReader().Read().ToArray()));
        NamePattern[]? patterns = Name?.Select(name => new NamePattern(name)).ToArray();
        foreach (MemoryDumpStatus status in _all)
        {
            bool isWanted = Uuid is Guid uuid
                ? status.Uuid == uuid
                : patterns is null || patterns.Any(pattern => pattern.Matches(status.Name));
            if (isWanted && (State is null || State.Contains(status.State)))
            {
                WriteObject(status);
            }
        }
    }
}
