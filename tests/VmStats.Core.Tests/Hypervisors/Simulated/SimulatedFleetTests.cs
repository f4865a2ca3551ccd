using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Hypervisors;
using VmStats.Hypervisors.Simulated;

namespace VmStats.Core.Tests.Hypervisors.Simulated;

public sealed class SimulatedFleetTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 4, 9, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_fleet_has_names_states_and_counters()
    {
        await using IHypervisor fleet = HypervisorFactory.Open("sim://fleet?vms=20&seed=1", new VmStatsSettings());
        IReadOnlyList<VmStatistics> vms = await fleet.GetStatisticsAsync(default);
        Assert.Equal(20, vms.Count);
        Assert.Contains(vms, vm => vm.Vm.Name == "web01");
        Assert.Contains(vms, vm => vm.Vm.Name == "db01");
        Assert.Contains(vms, vm => vm.Vm.State == VmState.Running && vm.CpuTime > 0);
        Assert.Contains(vms, vm => vm.Vm.State == VmState.ShutOff && vm.CpuTime is null);
        Assert.Equal(vms.Select(vm => vm.Vm.Name).Order(StringComparer.Ordinal), vms.Select(vm => vm.Vm.Name));
        Assert.Equal("sim-fleet-1", fleet.HostName);
        Assert.True(fleet.IsSimulated && fleet.IsLocal);
    }

    [Fact]
    public async Task Two_processes_at_one_fleet_time_agree_whatever_way_they_came_there()
    {
        ManualTime early = new(s_start), late = new(s_start.AddMinutes(30));
        await using SimulatedHypervisor walked = Fleet("vms=40&seed=7", early);
        await using SimulatedHypervisor jumped = Fleet("vms=40&seed=7&history=30m&speed=31", late);
        for (int i = 0; i < 60; i++)
        {
            await walked.GetStatisticsAsync(default);
            early.Advance(TimeSpan.FromSeconds(31));
        }

        late.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(early.GetUtcNow(), jumped.Clock.GetUtcNow());
        Assert.Equivalent(await walked.GetStatisticsAsync(default), await jumped.GetStatisticsAsync(default), strict: true);
    }

    [Fact]
    public async Task Another_seed_is_another_fleet()
    {
        await using SimulatedHypervisor one = Fleet("seed=1", new ManualTime(s_start));
        await using SimulatedHypervisor two = Fleet("seed=2", new ManualTime(s_start));
        Assert.Empty((await one.ListAsync(default)).Select(vm => vm.Uuid).Intersect((await two.ListAsync(default)).Select(vm => vm.Uuid)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2026)]
    public async Task In_an_hour_counters_grow_believably_and_only_a_restart_resets_them(int seed)
    {
        ManualTime time = new(s_start);
        await using SimulatedHypervisor fleet = Fleet($"vms=40&seed={seed}", time);
        FleetWatch watch = new();
        for (TimeSpan passed = TimeSpan.Zero; passed <= TimeSpan.FromHours(1); passed += s_step)
        {
            watch.Look(await fleet.GetStatisticsAsync(default));
            time.Advance(s_step);
        }

        Assert.True(watch.Restarts > 0, "no VM was restarted");
        Assert.True(watch.Pauses > 0, "no VM was paused");
        Assert.True(watch.NicsCame > 0 && watch.NicsWent > 0, "no NIC came and went");
        Assert.True(watch.DisksCame > 0 && watch.DisksWent > 0, "no disk came and went");
        Assert.InRange(watch.AverageLoad, 0.03, 0.5);
        Assert.InRange(watch.HighestLoad, 0.4, 1);
    }

    [Fact]
    public async Task Figures_are_those_of_a_real_host()
    {
        ManualTime time = new(s_start);
        await using SimulatedHypervisor fleet = Fleet("vms=200&seed=3", time);
        IReadOnlyList<VmStatistics> vms = await fleet.GetStatisticsAsync(default);
        List<VmStatistics> active = [.. vms.Where(vm => vm.Vm.Id is not null)];
        Assert.Equal(active.Count, active.Select(vm => vm.Vm.Id).Distinct().Count());
        Assert.Equal(vms.Count, vms.Select(vm => vm.Vm.Uuid).Distinct().Count());
        Assert.InRange(vms.Count - active.Count, 1, vms.Count / 3);
        Assert.Contains(active, vm => vm.Balloon.Available is null && vm.Balloon.LastUpdate == 0);
        Assert.All(active.SelectMany(vm => vm.Disks), disk => Assert.True(disk is
        {
            Errors: null, Path: not null, ReadBytes: >= 0
        } && disk.Allocation <= disk.Capacity && disk.ReadBytes >= disk.ReadRequests * 512 && disk.WriteBytes % 512 == 0));
        Assert.All(active, vm =>
        {
            Assert.True(vm.CpuUser + vm.CpuSystem <= vm.CpuTime);
            Assert.True(vm.Balloon.Current <= vm.Balloon.Maximum);
            Assert.Equal(vm.Vm.MaximumMemoryBytes, vm.Balloon.Maximum << 10);
            Assert.InRange(vm.Vm.MaximumMemoryBytes, 64L << 20, 512L << 20);
        });
        Assert.All(active.Where(vm => vm.Balloon.Available is not null), vm =>
            Assert.True(vm.Balloon is { Unused: >= 0 } b && b.Unused <= b.Usable && b.Usable <= b.Available && b.Available <= b.Current));
        Assert.All(vms.Where(vm => vm.Vm.Id is null), vm =>
            Assert.True(vm is { CpuTime: null, Disks.Count: 0, Nics.Count: 0, Vm.State: VmState.ShutOff }));
    }

    [Fact]
    public async Task Ten_thousand_vms_cost_a_few_kilobytes_each()
    {
        await using SimulatedHypervisor fleet = Fleet("vms=10000", new ManualTime(s_start));
        await fleet.GetStatisticsAsync(default);
        long before = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<VmStatistics> vms = await fleet.GetStatisticsAsync(default);
        long perVm = (GC.GetAllocatedBytesForCurrentThread() - before) / vms.Count;
        Assert.Equal(10_000, vms.Select(vm => vm.Vm.Name).Distinct().Count());
        Assert.InRange(perVm, 100, 4_096);
    }

    [Theory]
    [InlineData("sim://fleet?vms=0", "vms")]
    [InlineData("sim://fleet?vms=10001", "vms")]
    [InlineData("sim://fleet?vms=ten", "vms")]
    [InlineData("sim://fleet?seed=1.5", "seed")]
    [InlineData("sim://fleet?history=1w", "history")]
    [InlineData("sim://fleet?history=-1h&speed=2", "history")]
    [InlineData("sim://fleet?history=31d&speed=2", "history")]
    [InlineData("sim://fleet?history=1h", "speed over 1")]
    [InlineData("sim://fleet?speed=0.5", "speed")]
    [InlineData("sim://fleet?mem=0", "mem")]
    [InlineData("sim://fleet?fail=1", "'fail'")]
    [InlineData("sim://fleet?vms=1&vms=2", "twice")]
    [InlineData("sim://user@fleet", "name and parameters")]
    [InlineData("sim://fleet/x", "name and parameters")]
    [InlineData("sim:fleet?vms=2&speed=x", "")]
    public void A_fleet_that_is_named_wrongly_is_refused_with_what_is_right(string uri, string why)
    {
        VmStatsException e = Assert.Throws<VmStatsException>(() => HypervisorFactory.Open(uri, new VmStatsSettings()));
        Assert.Equal(("InvalidHypervisorUri", VmStatsErrorKind.InvalidArgument), (e.ErrorId, e.Kind));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Contains("sim://NAME?vms=20", e.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fleet_comes_from_the_settings_when_no_uri_is_given_and_from_nowhere_else()
    {
        await using IHypervisor named = HypervisorFactory.Open(null, new VmStatsSettings { LibvirtUri = "sim://lab?vms=3" });
        Assert.Equal("sim-lab-1", named.HostName);
        Assert.Equal(3, (await named.ListAsync(default)).Count);
    }

    private static SimulatedHypervisor Fleet(string parameters, TimeProvider time)
    {
        string uri = "sim://fleet?" + parameters;
        return new SimulatedHypervisor(uri, SimulatedFleetOptions.Parse(uri), time);
    }
}
