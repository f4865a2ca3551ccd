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

/// <summary>Shows memory dumps that wait, run or ended in the last seven days on this host, whichever process takes them.</summary>
/// <remarks>
/// A dump whose process died is Interrupted; the next Invoke-MemoryDump clears its partial file away and records it.
///
/// With -ServiceUrl, the dumps that the original's dump service knows of since it was started.
/// </remarks>
/// <example>
/// <code>Get-MemoryDumpStatus -State Running</code>
/// Which dumps run now, and how far are they?
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* | Get-MemoryDumpStatus</code>
/// How did the last dumps of these VMs end?
/// </example>
[Cmdlet(VerbsCommon.Get, "MemoryDumpStatus", DefaultParameterSetName = LocalSet)]
[OutputType(typeof(MemoryDumpStatus))]
public sealed class GetMemoryDumpStatusCommand : VmStatsCmdletBase
{
    private const string LocalSet = "Local";
    private const string ServiceSet = "Service";
    private const string UseServiceSet = "UseService";

    private IReadOnlyList<MemoryDumpStatus>? _all;

    /// <summary>Names of VMs; wildcards are allowed. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [VmNameTransformation]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>A VM's UUID. The dump service knows a VM by its name.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>Only dumps in these states.</summary>
    [Parameter]
    public MemoryDumpState[]? State { get; set; }

    /// <summary>The original's dump service, such as http://kvm1:5001, which is asked instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServiceSet)]
    [ValidateNotNullOrEmpty]
    public string? ServiceUrl { get; set; }

    /// <summary>The dump service that MEMDUMP_SERVICE_URL names is asked instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UseServiceSet)]
    public SwitchParameter UseService { get; set; }

    private bool IsByService => ParameterSetName != LocalSet;

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.RefuseNamedTwice(MyInvocation);

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

        using MemoryDumpServiceClient client = DumpServices.Open(ServiceUrl, InfrastructureLoader.Current.ReadEnvironment());
        return await client.ListAsync(cancellationToken);
    }
}
