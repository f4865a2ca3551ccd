using VmStats.Configuration;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Hypervisors;

/// <summary>libvirt's test driver: the client library alone, no daemon.</summary>
public sealed class TestDriverTests
{
    private static readonly VmStatsSettings s_settings = new();

    [SkippableFact]
    public async Task Lists_the_domain_of_the_test_driver()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        VmInfo vm = Assert.Single(await hypervisor.ListAsync(default));
        Assert.Equal("test", vm.Name);
        Assert.Equal(VmState.Running, vm.State);
        Assert.Equal(1, vm.Id);
        Assert.Equal(2, vm.Cpus);
        Assert.Equal(8L << 30, vm.MaximumMemoryBytes);
        Assert.NotEqual(Guid.Empty, vm.Uuid);
        Assert.True(hypervisor.IsLocal);
        Assert.False(hypervisor.IsSimulated);
        Assert.NotEmpty(hypervisor.HostName);
    }

    [SkippableFact]
    public async Task Reads_counters_one_by_one_where_the_bulk_call_gives_only_the_state()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        VmStatistics vm = Assert.Single(await hypervisor.GetStatisticsAsync(default));
        Assert.True(vm.CpuTime > 0);
        Assert.NotNull(vm.Balloon.Available);
        Assert.True(Assert.Single(vm.Nics).RxBytes > 0);
    }
}
