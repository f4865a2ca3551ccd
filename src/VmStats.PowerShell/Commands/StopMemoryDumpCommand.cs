using System.Management.Automation;
using VmStats.MemoryDumps;
using VmStats.PowerShell.Abstractions;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Ends memory dumps that wait or run on this host, whichever process takes them.</summary>
/// <remarks>The stream is closed, the VM goes on, the partial file is removed, and the attempt is recorded as cancelled by the process that took it.</remarks>
/// <example>
/// <code>Stop-MemoryDump db01</code>
/// Ends the dump of db01 that runs now.
/// </example>
/// <example>
/// <code>Get-MemoryDumpStatus -State Running, Queued | Stop-MemoryDump</code>
/// Ends all dumps on this host.
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "MemoryDump", SupportsShouldProcess = true)]
[OutputType(typeof(MemoryDumpStatus))]
public sealed class StopMemoryDumpCommand : VmStatsCommand
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    /// <summary>Names of VMs; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>One dump, by its own identity.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? DumpId { get; set; }

    /// <summary>Puts out how each dump ended.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        MemoryDumpStatusReader reader = new();
        NamePattern[] patterns = Name.Select(name => new NamePattern(name)).ToArray();
        MemoryDumpStatus[] running = Compute((_, _) => Task.FromResult(reader.Read()
            .Where(dump => dump.State is MemoryDumpState.Queued or MemoryDumpState.Running)
            .Where(dump => DumpId is Guid id ? dump.DumpId == id : patterns.Any(pattern => pattern.Matches(dump.Name)))
            .ToArray()));
        if (running.Length == 0 && !patterns.Any(pattern => pattern.IsWildcard))
        {
            WriteError(new VmStatsException(
                "DumpNotRunning",
                VmStatsErrorKind.NotFound,
                $"No dump of '{string.Join(", ", Name)}' waits or runs on this host.",
                "Get-MemoryDumpStatus lists the dumps.",
                Name));
        }

        foreach (MemoryDumpStatus dump in running)
        {
            if (ShouldProcess($"Memory dump of {dump.Name} ({dump.DumpId})", "Stop"))
            {
                MemoryDumpStatus? ended = Compute((_, cancellationToken) => reader.CancelAsync(dump.DumpId, s_limit, cancellationToken));
                if (PassThru && ended is not null)
                {
                    WriteObject(ended);
                }
            }
        }
    }
}
