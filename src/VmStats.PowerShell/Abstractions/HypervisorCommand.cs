using System.ComponentModel;
using System.Management.Automation;
using VmStats.Hypervisors;
using VmStats.PowerShell.Sessions;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The root of cmdlets that also speak to a hypervisor.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class HypervisorCommand : StoreCommand
{
    /// <summary>
    /// The hypervisor: a libvirt URI such as qemu:///system, or sim://fleet?vms=20 for a simulated fleet. Without it: the connection's, else LIBVIRT_URI, else libvirt's own default.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("LibvirtUri")]
    [AllowNull]
    [AllowEmptyString]
    public string? HypervisorUri { get; set; }

    /// <summary>The hypervisor of this command.</summary>
    private protected IHypervisor OpenHypervisor() => Guard(() => VmStatsSession.Current.OpenHypervisor(
        NullIfEmpty(HypervisorUri) ?? Connection?.HypervisorUri ?? VmStatsSession.Current.Connected?.HypervisorUri,
        Settings));

    // A VM of a store comes down the pipeline without one.
    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
