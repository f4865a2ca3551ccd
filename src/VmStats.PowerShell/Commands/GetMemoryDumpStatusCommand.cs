using System.Management.Automation;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Service;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Dumps;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Text;
using VmStats.ThirdParty;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the memory dumps on this host that are queued, running, or ended in the last seven days, taken by any process.</summary>
/// <remarks>
/// A dump whose process died has the state Interrupted; the next Invoke-MemoryDump deletes its partial file and records it.
///
/// With -ServiceUrl, gets the dumps that the original's dump service has taken since it was started.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpStatus -State Running</code>
/// Shows which dumps are running, and their progress.
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* | Get-MemoryDumpStatus</code>
/// Shows how the last dumps of these VMs ended.
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpStatus", DefaultParameterSetName = LocalSet)]
[OutputType(typeof(MemoryDumpStatus))]
public sealed class GetMemoryDumpStatusCommand : VmStatsCmdletBase
{
    private const string LocalSet = "Local";
    private const string ServiceSet = "Service";
    private const string UseServiceSet = "UseService";

    private IReadOnlyList<MemoryDumpStatus>? _all;

    /// <summary>The names of VMs; wildcards are allowed. By default, all VMs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>The UUID of a VM. Not used with the dump service, which identifies a VM by its name only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>Only dumps in these states.</summary>
    [Parameter]
    public MemoryDumpState[]? State { get; set; }

    /// <summary>The address of the original's dump service, such as http://kvm1:5001: gets its dumps instead of those of this host.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServiceSet)]
    [ValidateNotNullOrEmpty]
    public string? ServiceUrl { get; set; }

    /// <summary>Gets the dumps of the dump service at MEMDUMP_SERVICE_URL instead of those of this host.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UseServiceSet)]
    public SwitchParameter UseService { get; set; }

    private bool IsByService => ParameterSetName != LocalSet;

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.ThrowIfNamedTwice(MyInvocation);

    /// <inheritdoc/>
    private protected override void Process()
    {
        _all ??= Compute((_, cancellationToken) => ReadAsync(cancellationToken));
        NamePattern[]? patterns = Name?.Select(name => new NamePattern(name)).ToArray();
        foreach (MemoryDumpStatus status in _all)
        {
            bool isWanted = Uuid is Guid uuid && !IsByService
                ? status.Uuid == uuid
                : patterns is null || patterns.Any(pattern => pattern.Matches(status.Name));
            if (isWanted && (State is null || State.Contains(status.State)))
            {
                WriteObject(status);
            }
        }
    }

    private async Task<IReadOnlyList<MemoryDumpStatus>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!IsByService)
        {
            return [.. new MemoryDumpStatusReader().Read()];
        }

        using MemoryDumpServiceClient client = DumpServiceFactory.Open(ServiceUrl, InfrastructureLoader.Current.ReadEnvironment());
        return await client.ListAsync(cancellationToken);
    }
}
