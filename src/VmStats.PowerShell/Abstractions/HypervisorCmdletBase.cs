using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Targets;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base class of cmdlets that select VMs of hypervisors.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class HypervisorCmdletBase : VmCmdletBase
{
    private HypervisorSet? _hypervisors;

    /// <summary>
    /// The hypervisors: libvirt URIs such as qemu:///system, or sim://fleet?vms=20 for a simulated fleet. By default the connection's hypervisor, otherwise LIBVIRT_URI, otherwise libvirt's own default.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("LibvirtUri")]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string?[]? HypervisorUri { get; set; }

    /// <summary>The hypervisors of this command.</summary>
    private protected HypervisorSet Hypervisors => _hypervisors!;

    /// <summary>The name of the argument that names VMs; null if none does, so that any VMs come from the pipeline.</summary>
    private protected string? NamedBy { get; private set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        _hypervisors = CreateHypervisorSet();
        _hypervisors.ThrowIfEmpty(HypervisorUri);
        NamedBy = VmTargets.NamedBy(MyInvocation);
    }
}
