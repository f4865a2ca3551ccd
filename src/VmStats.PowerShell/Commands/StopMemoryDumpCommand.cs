using System.Management.Automation;
using VmStats.Dumps.Capture;
using VmStats.Errors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Text;

namespace VmStats.PowerShell.Commands;

/// <summary>Ends memory dumps that wait or run on this host, whichever process takes them.</summary>
/// <remarks>
/// The stream is closed, the VM goes on, the partial file is removed, and the attempt is recorded as cancelled by the process
/// that took it. All are asked to end before any is waited for, so that none begins because another has ended.
/// </remarks>
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
public sealed class StopMemoryDumpCommand : VmStatsCmdletBase
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    private readonly MemoryDumpStatusReader _reader = new();
    private readonly HashSet<Guid> _ending = [];

    /// <summary>Names of VMs; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>A VM's UUID. A VM from the pipeline is known by it alone.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>One dump, by its own identity.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? DumpId { get; set; }

    /// <summary>Puts out how each dump ended.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.RefuseNamedTwice(MyInvocation);

    /// <inheritdoc/>
    private protected override void Process()
    {
        NamePattern[] patterns = Name.Select(name => new NamePattern(name)).ToArray();
        MemoryDumpStatus[] running = Compute((_, _) => Task.FromResult(_reader.Read()
            .Where(dump => dump.State is MemoryDumpState.Queued or MemoryDumpState.Running)
            .Where(dump => IsMeant(dump, patterns))
            .ToArray()));
        if (running.Length == 0 && !patterns.Any(pattern => pattern.IsWildcard))
        {
            WriteError(new VmStatsException(
                ErrorIds.DumpNotRunning,
                VmStatsErrorKind.NotFound,
                $"No dump of '{string.Join(", ", Name)}' waits or runs on this host.",
                "Get-MemoryDumpStatus lists the dumps.",
                Name));
        }

        foreach (MemoryDumpStatus dump in running)
        {
            if (!_ending.Contains(dump.DumpId) && ShouldProcess($"Memory dump of {dump.Name} ({dump.DumpId})", "Stop"))
            {
                _reader.RequestCancel(dump.DumpId);
                _ending.Add(dump.DumpId);
            }
        }
    }

    /// <inheritdoc/>
    private protected override void End() => Run(async (output, cancellationToken) =>
        await Task.WhenAll(_ending.Select(dump => WaitAsync(dump, output, cancellationToken))));

    private bool IsMeant(MemoryDumpStatus dump, NamePattern[] patterns) =>
        DumpId is Guid id ? dump.DumpId == id
        : Uuid is Guid vm ? dump.Uuid == vm
        : patterns.Any(pattern => pattern.Matches(dump.Name));

    // One that doesn't end in time is an error of its own.
    private async Task WaitAsync(Guid dump, CommandOutput output, CancellationToken cancellationToken)
    {
        try
        {
            MemoryDumpStatus? ended = await _reader.CancelAsync(dump, s_limit, cancellationToken);
            if (PassThru && ended is not null)
            {
                output.Write(ended);
            }
        }
        catch (VmStatsException e)
        {
            output.Error(e);
        }
    }
}
