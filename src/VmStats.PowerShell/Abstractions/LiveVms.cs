using System.Globalization;
using VmStats.Hypervisors;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The VMs of a hypervisor in the shape that those of a store have.</summary>
internal static class LiveVms
{
    /// <summary>All VMs of a hypervisor, in order of name.</summary>
    internal static async Task<IReadOnlyList<MonitoredVm>> ListAsync(IHypervisor hypervisor, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmInfo> vms = await hypervisor.ListAsync(cancellationToken);
        DateTimeOffset now = hypervisor.Clock.GetUtcNow();
        return vms.Select(vm => new MonitoredVm
        {
            Name = vm.Name,
            Uuid = vm.Uuid,
            VmId = vm.Id?.ToString(CultureInfo.InvariantCulture),
            HostName = hypervisor.HostName,
            State = vm.State,
            LastSeen = now,
            Cpus = vm.Cpus,
            MemoryBytes = vm.MemoryBytes,
            Source = "hypervisor",
            HypervisorUri = hypervisor.Uri,
            IsSimulated = hypervisor.IsSimulated,
        }).ToArray();
    }
}
