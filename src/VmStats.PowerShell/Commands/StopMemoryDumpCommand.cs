using System.Management.Automation;
using VmStats.Dumps.Capture;
using VmStats.Errors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Text;

namespace VmStats.PowerShell.Commands;

/// <summary>Cancels memory dumps that are queued or running on this host, in any process.</summary>
/// <remarks>
/// The process that takes the dump closes the stream, so that the VM resumes, removes the partial file, and records the
/// attempt as cancelled. Cancellation of all dumps is requested before waiting for any of them, so that none starts because
/// another has ended.
/// </remarks>
/// <example>
/// <code>Stop-MemoryDump db01</code>
/// Cancels the running dump of db01.
/// </example>
/// <example>
/// <code>Get-MemoryDumpStatus -State Running, Queued | Stop-MemoryDump</code>
/// Cancels all dumps on this host.
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "MemoryDump", SupportsShouldProcess = true)]
[OutputType(typeof(MemoryDumpStatus))]
public sealed class StopMemoryDumpCommand : VmStatsCmdletBase
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    private readonly MemoryDumpStatusReader _reader = new();
    private readonly HashSet<Guid> _ending = [];

    /// <summary>The names of VMs; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The UUID of a VM. A VM from the pipeline is identified by it, not by its name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>The id of a single dump.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? DumpId { get; set; }

    /// <summary>Returns the final status of each dump.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.ThrowIfNamedTwice(MyInvocation);

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
                $"No dump of '{string.Join(", ", Name)}' is queued or running on this host.",
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

    // Each dump that doesn't end in time is reported as a separate error.
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
