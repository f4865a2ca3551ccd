using System.Management.Automation;
using VmStats.Hypervisors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the VMs that the store has telemetry of, or with -Live those that the hypervisor has now.</summary>
/// <example>
/// <code>Get-MonitoredVm</code>
/// Which VMs are known, and when was each last seen?
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* -Live | Invoke-MemoryDump</code>
/// Dumps the memory of every running VM whose name begins with db.
/// </example>
[Cmdlet(VerbsCommon.Get, "MonitoredVm")]
[OutputType(typeof(MonitoredVm))]
public sealed class GetMonitoredVmCommand : HypervisorCommand
{
    private readonly VmTargets _targets = new();

    /// <summary>Names of VMs; wildcards are allowed. Without it, all VMs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VmNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>A VM's UUID, its identity over restarts and renames.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid? Uuid { get; set; }

    /// <summary>Asks the hypervisor instead of the store: VMs that are off are listed too, and no store is needed.</summary>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Guard(() => VmTargets.RefuseNamedTwice(MyInvocation));

    /// <inheritdoc/>
    protected override void ProcessRecord() => _targets.Add(null, Uuid is Guid uuid ? [uuid.ToString()] : Name);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && _targets.IsEmpty)
        {
            return;
        }

        Func<CancellationToken, Task<(IReadOnlyList<MonitoredVm> Vms, string Where)>> list = Live ? ListLive() : ListStored();
        Run(async (output, cancellationToken) =>
        {
            (IReadOnlyList<MonitoredVm> known, string where) = await list(cancellationToken);
            IReadOnlyList<MonitoredVm>? chosen = await _targets.ResolveAsync(
                (names, _) => ValueTask.FromResult(VmResolver.Resolve(known, names, where)), output, cancellationToken);
            foreach (MonitoredVm vm in chosen ?? known)
            {
                output.Write(vm);
            }
        });
    }

    private Func<CancellationToken, Task<(IReadOnlyList<MonitoredVm> Vms, string Where)>> ListLive()
    {
        IHypervisor hypervisor = OpenHypervisor();
        return async cancellationToken => (
            await LiveVms.ListAsync(hypervisor, cancellationToken), hypervisor.Uri);
    }

    private Func<CancellationToken, Task<(IReadOnlyList<MonitoredVm> Vms, string Where)>> ListStored()
    {
        TelemetryReader reader = new(Store);
        string where = Store.Info.Place;
        return async cancellationToken => (await reader.ListVmsAsync(cancellationToken), where);
    }
}
