using System.Management.Automation;
using VmStats.Errors;
using VmStats.Hypervisors;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Targets;
using VmStats.Telemetry;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the VMs that have telemetry in the store or, with -HypervisorUri or -Live, the current VMs of hypervisors.</summary>
/// <remarks>
/// Hypervisors are queried in parallel; one that doesn't answer is an error, and the VMs of the others are listed. A name is
/// looked up on all of them, and it is an error if none has it. The properties HypervisorUri and HostName show where a VM is,
/// and Invoke-MemoryDump uses them to dump it there. A VM piped in from a hypervisor is looked up there again; with
/// -Live:$false, in the store.
/// </remarks>
/// <example>
/// <code>Get-MonitoredVm</code>
/// Lists the VMs in the store, and when each was last seen.
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* -Live | Invoke-MemoryDump</code>
/// Dumps the memory of every running VM whose name begins with db.
/// </example>
/// <example>
/// <code>Get-MonitoredVm web* -HypervisorUri qemu:///system, qemu+ssh://root@kvm2/system, qemu+ssh://root@kvm3/system | Group-Object HostName</code>
/// Counts the web servers on each host.
/// </example>
[Cmdlet(VerbsCommon.Get, "MonitoredVm")]
[OutputType(typeof(MonitoredVm))]
public sealed class GetMonitoredVmCommand : HypervisorCmdletBase
{
    private readonly HashSet<(VmIdentity Vm, string? HypervisorUri)> _written = [];
    private IReadOnlyList<MonitoredVm>? _stored;

    // The last lists, kept since many VMs of one hypervisor may be piped in.
    private IReadOnlyList<IHypervisor> _asked = [];
    private IReadOnlyList<HypervisorVms> _live = [];
    private IReadOnlyList<MonitoredVm> _known = [];

    /// <summary>Queries the hypervisor instead of the store: VMs that are shut off are listed too, and no store is needed. Implied by -HypervisorUri.</summary>
    [Parameter]
    public SwitchParameter Live { get; set; }

    private bool IsLive => MyInvocation.BoundParameters.ContainsKey(nameof(Live)) ? Live : HypervisorSet.UrisOf(HypervisorUri).Length > 0;

    /// <inheritdoc/>
    private protected override void Begin()
    {
        base.Begin();
        if (Hypervisors.IsGiven && !IsLive)
        {
            throw new VmStatsException(
                ErrorIds.HypervisorNotAsked,
                VmStatsErrorKind.InvalidArgument,
                "-HypervisorUri queries a hypervisor, but -Live:$false queries the store.",
                "Omit one of them: -HypervisorUri queries the hypervisor; without both, the store is queried.");
        }
    }

    /// <inheritdoc/>
    private protected override void Process()
    {
        VmTargets.ThrowIfNamedTwice(MyInvocation, NamedBy, Name, Uuid);
        if (Hypervisors.RejectEmptyRecord(HypervisorUri, namesVm: NamedBy is null && (Uuid is not null || Name is not null)))
        {
            return;
        }

        if (IsLive)
        {
            WriteLive();
        }
        else
        {
            TelemetryReader reader = new(Store);
            _stored ??= Compute((_, cancellationToken) => reader.ListVmsAsync(cancellationToken).AsTask());
            Write(_stored, Store.Info.Place);
        }
    }

    private void WriteLive()
    {
        IReadOnlyList<IHypervisor> hypervisors = Hypervisors.Open(HypervisorSet.UrisOf(HypervisorUri));
        if (!hypervisors.SequenceEqual(_asked))
        {
            _asked = hypervisors;
            _live = Compute((output, cancellationToken) => Hypervisors.ListAsync(hypervisors, output, cancellationToken));
            _known = [.. _live.SelectMany(list => list.Vms)];
        }

        // If no hypervisor has answered, which has already been reported, it is unknown whether such a VM exists.
        if (_live.Count > 0)
        {
            Write(_known, HypervisorVms.DescribeHypervisors(_live));
        }
    }

    private void Write(IReadOnlyList<MonitoredVm> known, string where)
    {
        string[]? names = Uuid is Guid uuid ? [uuid.ToString()] : Name;
        VmResolution chosen = names is null ? new VmResolution(known, []) : VmResolver.Resolve(known, names, where);
        foreach (VmStatsException error in chosen.Errors)
        {
            WriteError(error);
        }

        foreach (MonitoredVm vm in chosen.Vms)
        {
            if (_written.Add((VmIdentity.Of(vm.Uuid, vm.Name), vm.HypervisorUri)))
            {
                WriteObject(vm);
            }
        }
    }
}
