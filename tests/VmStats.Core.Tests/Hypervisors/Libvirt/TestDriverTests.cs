using System.Diagnostics;
using System.Security;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Telemetry;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

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
        Assert.Equal(2L << 30, vm.MemoryBytes);
        Assert.NotEqual(Guid.Empty, vm.Uuid);
        Assert.True(hypervisor.IsLocal);
        Assert.False(hypervisor.IsSimulated);
        Assert.NotEmpty(hypervisor.HostName);
        Assert.Equal("test:///default", hypervisor.Uri);
    }

    [SkippableFact]
    public async Task Reads_counters_one_by_one_where_the_bulk_call_gives_only_the_state()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        VmStatistics first = Assert.Single(await hypervisor.GetStatisticsAsync(default));
        await Task.Delay(50);
        VmStatistics second = Assert.Single(await hypervisor.GetStatisticsAsync(default));
        Assert.True(first.CpuTime > 0 && first.CpuUser > 0 && first.CpuSystem > 0);
        Assert.Equal((8L << 20, 2L << 20), (first.Balloon.Maximum!.Value, first.Balloon.Current!.Value));
        Assert.Equal((2L << 20, 1L << 20), (first.Balloon.Available!.Value, first.Balloon.Usable!.Value));
        NicStatistics before = Assert.Single(first.Nics), after = Assert.Single(second.Nics);
        Assert.Equal("testnet0", before.Name);
        Assert.True(before.RxBytes > 0 && after.RxBytes > before.RxBytes && after.TxPackets > before.TxPackets);
        DiskStatistics disk = Assert.Single(first.Disks);
        Assert.Equal("vda", disk.Name);
        Assert.True(disk.ReadBytes > 0 && disk.WriteRequests > 0);
        Assert.Null(disk.ReadTime);
        Assert.True(second.Time > first.Time);
    }

    [SkippableFact]
    public async Task Network_rates_are_what_the_driver_makes_its_counters_of()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        await using StoreFixture fixture = new();
        long outer = Stopwatch.GetTimestamp();
        await StoreAsync(hypervisor, fixture);
        long inner = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(1));
        double innerSeconds = Stopwatch.GetElapsedTime(inner).TotalSeconds;
        await StoreAsync(hypervisor, fixture);
        double outerSeconds = Stopwatch.GetElapsedTime(outer).TotalSeconds;

        TelemetryReader reader = new(fixture.Store);
        VmTelemetry vm = Assert.Single(await TelemetryTable.ListAsync(reader.GetLatestAsync(new SeriesRequest(VmMetrics.Set), reportMissing: false, default)));
        VmDeviceTelemetry nic = Assert.Single(await TelemetryTable.ListAsync(reader.GetLatestDevicesAsync(
            new SeriesRequest(DeviceMetrics.Set, Devices: new DeviceFilter("nic")), default)));
        Assert.Equal("testnet0", nic.Device);
        foreach ((double? rate, double expected) in new[]
        {
            (vm.NetRxBytesPerSecond, 1e6 / 10), (vm.NetRxPacketsPerSecond, 1e6 / 100),
            (vm.NetTxBytesPerSecond, 1e6 / 20), (vm.NetTxPacketsPerSecond, 1e6 / 110),
            (nic.RxBytesPerSecond, 1e6 / 10), (nic.RxPacketsPerSecond, 1e6 / 100),
            (nic.TxBytesPerSecond, 1e6 / 20), (nic.TxPacketsPerSecond, 1e6 / 110),
        })
        {
            // The driver's counters are microseconds of its clock, divided; when in a reading it looks isn't known.
            Assert.InRange(rate!.Value, (expected * innerSeconds / outerSeconds) - 1, (expected * outerSeconds / innerSeconds) + 1);
        }
    }

    [SkippableFact]
    public async Task An_unknown_vm_and_a_dump_that_the_driver_has_not_are_told_apart()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        VmInfo vm = Assert.Single(await hypervisor.ListAsync(default));
        Guid unknown = Guid.NewGuid();
        VmStatsException notFound = await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(unknown, "/tmp/x", new CoreDumpOptions(), default));
        Assert.Equal(("VmNotFound", VmStatsErrorKind.NotFound), (notFound.ErrorId, notFound.Kind));
        Assert.Contains(unknown.ToString(), notFound.Message, StringComparison.Ordinal);
        Assert.Equal("DumpFormatNotSupported", (await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(vm.Uuid, "/tmp/x", new CoreDumpOptions(), default))).ErrorId);
        Assert.Null(await hypervisor.GetDumpProgressAsync(vm.Uuid, default));
        Assert.Equal("VmNotFound", (await Assert.ThrowsAsync<VmStatsException>(
            async () => await hypervisor.GetDumpProgressAsync(unknown, default))).ErrorId);
    }

    [SkippableFact]
    public async Task A_thousand_domains_in_all_states_are_read_with_their_own_names()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        using TemporaryNode node = new(1_000);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test://" + node.Path, s_settings);
        IReadOnlyList<VmStatistics> vms = await hypervisor.GetStatisticsAsync(default);
        Assert.Equal(1_000, vms.Count);
        Assert.Equal(node.Names.Order(StringComparer.Ordinal), vms.Select(vm => vm.Vm.Name));
        Assert.Equal([VmState.Running, VmState.Paused, VmState.ShutOff], vms.Select(vm => vm.Vm.State).Distinct().Order());
        Assert.All(vms, vm =>
        {
            Assert.Equal(vm.Vm.State == VmState.ShutOff, vm.Vm.Id is null);
            Assert.Equal(vm.Vm.State == VmState.ShutOff, vm.CpuTime is null);
            Assert.Equal(64L << 20, vm.Vm.MaximumMemoryBytes);
        });
    }

    [SkippableFact]
    public async Task A_node_that_is_not_there_is_named_in_the_error()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///nonexistent.xml", s_settings);
        VmStatsException e = await Assert.ThrowsAsync<VmStatsException>(async () => await hypervisor.ListAsync(default));
        Assert.Contains("/nonexistent.xml", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VmStatsException>(
            () => HypervisorFactory.OpenAsync("test:///nonexistent.xml", s_settings, default));
    }

    [SkippableFact]
    public async Task A_closed_hypervisor_says_so()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);
        IHypervisor hypervisor = await HypervisorFactory.OpenAsync("test:///default", s_settings);
        await hypervisor.DisposeAsync();
        await hypervisor.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await hypervisor.ListAsync(default));
    }

    [SkippableFact]
    public async Task Nothing_is_printed_when_calls_fail()
    {
        Part.Require(LibvirtLibraryPart.WhyAbsent);

        // libvirt's own handler writes to file descriptor 2.
        await using IHypervisor hypervisor = HypervisorFactory.Open("test:///default", s_settings);
        using StandardErrorCapture capture = new();
        await Assert.ThrowsAsync<VmStatsException>(
            async () => await hypervisor.GetDumpProgressAsync(Guid.NewGuid(), default));
        Assert.DoesNotContain("libvirt", capture.Stop(), StringComparison.OrdinalIgnoreCase);
    }

    private static async Task StoreAsync(IHypervisor hypervisor, StoreFixture fixture)
    {
        List<Point> points = [];
        new TelemetryPointFactory(hypervisor.HostName, isSimulated: false).Add(Assert.Single(await hypervisor.GetStatisticsAsync(default)), points);
        await fixture.Write([.. points]);
    }

    private sealed class TemporaryNode : IDisposable
    {
        private static readonly string[] s_parts = ["plain", "it's", "a,b", "x=y", "\"q\"", "名前", "; DROP TABLE vm"];

        public TemporaryNode(int count)
        {
            Names = [.. Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"{s_parts[i % s_parts.Length]} {i}"))];
            Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"vmstats-node-{Guid.NewGuid():N}.xml");
            File.WriteAllText(Path, "<node>" + string.Concat(Names.Select(Domain)) + "</node>");
        }

        public string Path { get; }

        public IReadOnlyList<string> Names { get; }

        public void Dispose() => File.Delete(Path);

        private static string Domain(string name, int index) => $"""
            <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
            <name>{SecurityElement.Escape(name)}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os>
            <test:runstate>{(index % 3) switch { 0 => 1, 1 => 3, _ => 5 }}</test:runstate></domain>
            """;
    }
}
