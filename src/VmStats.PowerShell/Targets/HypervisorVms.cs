using System.Globalization;
using VmStats.Hypervisors;

namespace VmStats.PowerShell.Targets;

/// <summary>The VMs of one hypervisor, as the hypervisor describes them and as <see cref="MonitoredVm"/> objects.</summary>
/// <param name="Hypervisor">The hypervisor.</param>
/// <param name="Infos">Its VMs, sorted by name.</param>
/// <param name="Vms">The same VMs, in the same order.</param>
internal sealed record HypervisorVms(IHypervisor Hypervisor, IReadOnlyList<VmInfo> Infos, IReadOnlyList<MonitoredVm> Vms)
{
    /// <summary>Lists the VMs of a hypervisor.</summary>
    internal static async Task<HypervisorVms> ListAsync(IHypervisor hypervisor, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmInfo> infos = await hypervisor.ListAsync(cancellationToken);
        DateTime now = hypervisor.Clock.GetUtcNow().UtcDateTime;
        return new(hypervisor, infos, infos.Select(vm => new MonitoredVm
        {
            Name = vm.Name,
            Uuid = vm.Uuid,
            VmId = vm.Id?.ToString(CultureInfo.InvariantCulture),
            HostName = hypervisor.HostName,
            State = vm.State,
            LastSeenUtc = now,
            Cpus = vm.Cpus,
            MemoryBytes = vm.MemoryBytes,
            Source = "hypervisor",
            HypervisorUri = hypervisor.Uri,
            IsSimulated = hypervisor.IsSimulated,
        }).ToArray());
    }

    /// <summary>Returns the hypervisors' URIs as a list, for messages about where a VM was looked up.</summary>
    internal static string DescribeHypervisors(IEnumerable<HypervisorVms> lists) => string.Join(", ", lists.Select(list => list.Hypervisor.Uri));
}
