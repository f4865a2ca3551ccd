using VmStats.Configuration;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Hypervisors;

public sealed class SimulatedFleetTests
{
    [Fact]
    public async Task A_fleet_has_names_states_and_counters()
    {
        await using IHypervisor fleet = HypervisorFactory.Open("sim://fleet?vms=20&seed=1", new VmStatsSettings());
        IReadOnlyList<VmStatistics> vms = await fleet.GetStatisticsAsync(default);
        Assert.Equal(20, vms.Count);
        Assert.Contains(vms, vm => vm.Vm.Name == "web01");
        Assert.Contains(vms, vm => vm.Vm.Name == "db01" && vm.CpuTime > 0);
        Assert.Contains(vms, vm => vm.Vm.State == VmState.ShutOff && vm.CpuTime is null);
        Assert.Equal("sim-fleet-1", fleet.HostName);
    }
}
