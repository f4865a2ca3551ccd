using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Embedded;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Hypervisors.Libvirt;

/// <summary>Counters and dumps of a real QEMU guest, beside what virsh says of it.</summary>
public sealed class RealGuestTests(RealLibvirt real) : IClassFixture<RealLibvirt>
{
    private static readonly VmStatsSettings s_settings = new();

    // Ours, and virsh's key. Everything that only grows must lie between virsh's value just before and just after.
    private static readonly (string Key, Func<VmStatistics, long?> Ours)[] s_counters =
    [
        ("cpu.time", vm => vm.CpuTime),
        ("cpu.user", vm => vm.CpuUser),
        ("cpu.system", vm => vm.CpuSystem),
        ("balloon.major_fault", vm => vm.Balloon.MajorFault),
        ("balloon.minor_fault", vm => vm.Balloon.MinorFault),
        ("balloon.swap_in", vm => vm.Balloon.SwapIn),
        ("balloon.swap_out", vm => vm.Balloon.SwapOut),
        ("block.0.rd.reqs", vm => vm.Disks[0].ReadRequests),
        ("block.0.rd.bytes", vm => vm.Disks[0].ReadBytes),
        ("block.0.rd.times", vm => vm.Disks[0].ReadTime),
        ("block.0.wr.reqs", vm => vm.Disks[0].WriteRequests),
        ("block.0.wr.bytes", vm => vm.Disks[0].WriteBytes),
        ("block.0.wr.times", vm => vm.Disks[0].WriteTime),
        ("block.0.fl.reqs", vm => vm.Disks[0].FlushRequests),
        ("block.1.rd.bytes", vm => vm.Disks[1].ReadBytes),
    ];

    private static readonly (string Key, Func<VmStatistics, long?> Ours)[] s_gauges =
    [
        ("state.state", vm => (long)vm.Vm.State),
        ("balloon.current", vm => vm.Balloon.Current),
        ("balloon.maximum", vm => vm.Balloon.Maximum),
        ("balloon.available", vm => vm.Balloon.Available),
        ("vcpu.current", vm => vm.Vm.Cpus),
        ("block.0.capacity", vm => vm.Disks[0].Capacity),
        ("block.1.physical", vm => vm.Disks[1].Physical),
    ];

    [SkippableFact]
    public async Task Every_counter_lies_between_virsh_just_before_and_just_after()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        await GuestReportsMemoryAsync(hypervisor);
        Dictionary<string, string> before = await DomstatsAsync();
        VmStatistics ours = await ReadAsync(hypervisor);
        Dictionary<string, string> after = await DomstatsAsync();

        foreach ((string key, Func<VmStatistics, long?> read) in s_counters)
        {
            long? value = read(ours);
            Assert.True(value is not null, $"{key} is absent");
            Assert.InRange(value!.Value, Number(before, key), Number(after, key));
        }

        foreach ((string key, Func<VmStatistics, long?> read) in s_gauges)
        {
            Assert.Equal((key, Number(after, key)), (key, read(ours) ?? -1));
        }

        Assert.Equal([before["block.0.name"], before["block.1.name"]], ours.Disks.Take(2).Select(disk => disk.Name));
        Assert.Empty(ours.Nics);
    }

    [SkippableFact]
    public async Task Cpu_percent_and_disk_rates_lie_within_virshs_deltas()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        await using StoreFixture fixture = new();
        long start = Stopwatch.GetTimestamp();
        Dictionary<string, string> outerFirst = await DomstatsAsync();
        await StoreAsync(fixture, await ReadAsync(hypervisor));
        Dictionary<string, string> innerFirst = await DomstatsAsync();
        long innerStart = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(4));
        double innerSeconds = Stopwatch.GetElapsedTime(innerStart).TotalSeconds;
        Dictionary<string, string> innerLast = await DomstatsAsync();
        await StoreAsync(fixture, await ReadAsync(hypervisor));
        Dictionary<string, string> outerLast = await DomstatsAsync();
        double outerSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // Each of our two readings lies between two of virsh's, so our rate lies between virsh's least and greatest,
        // however slow the machine is.
        VmTelemetry sample = await LatestAsync(fixture);
        int cpus = sample.Cpus!.Value;
        AssertWithin("cpu.time", 1e-7 / cpus, sample.CpuPercent);
        AssertWithin("block.0.wr.bytes", 1, sample.DiskWriteBytesPerSecond);

        void AssertWithin(string key, double scale, double? rate)
        {
            double least = (Number(innerLast, key) - Number(innerFirst, key)) * scale / outerSeconds;
            double greatest = (Number(outerLast, key) - Number(outerFirst, key)) * scale / innerSeconds;
            Assert.True(least > 0, $"the guest's {key} doesn't grow");
            Assert.InRange(rate!.Value, least, greatest);
        }
    }

    [SkippableFact]
    public async Task A_vm_that_is_off_is_listed_without_the_daemons_own_cpu_time()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        GuestVm off = await real.Session.DefineBiosOnlyAsync("off, 'quoted' \"名\"; DROP TABLE vm_totals", start: false);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        VmInfo listed = (await hypervisor.ListAsync(default)).Single(vm => vm.Uuid == off.Uuid);
        Assert.Equal(off.Name, listed.Name);
        Assert.Equal(VmState.ShutOff, listed.State);
        Assert.Null(listed.Id);
        VmStatistics statistics = (await hypervisor.GetStatisticsAsync(default)).Single(vm => vm.Vm.Uuid == off.Uuid);
        Assert.Null(statistics.CpuTime);
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(off.Uuid, Path.Combine(real.Session.DumpFolder, "x"), new CoreDumpOptions(), default));
        Assert.Equal("VmNotRunning", refused.ErrorId);
    }

    [SkippableFact]
    public async Task A_dump_is_an_elf_core_with_the_guests_marker_in_it()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        string path = Path.Combine(real.Session.DumpFolder, "guest.elf");
        await hypervisor.DumpMemoryAsync(real.Guest.Uuid, path, new CoreDumpOptions(), default);
        byte[] image = await File.ReadAllBytesAsync(path);
        File.Delete(path);
        Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], image.AsSpan(0, 4).ToArray());
        Assert.True(image.Length > 128 << 20);
        Assert.True(image.AsSpan().IndexOf(Encoding.ASCII.GetBytes(real.Marker)) > 0, "the marker isn't in it");
        Assert.Equal(VmState.Running, (await ReadAsync(hypervisor)).Vm.State);
    }

    [SkippableFact]
    public async Task Failures_have_ids_that_say_what_to_do()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, s_settings);
        Assert.Equal("VmNotFound", (await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(Guid.NewGuid(), "/tmp/x", new CoreDumpOptions(), default))).ErrorId);
        VmStatsException noFolder = await Assert.ThrowsAsync<VmStatsException>(
            () => hypervisor.DumpMemoryAsync(real.Guest.Uuid, "/nonexistent/x", new CoreDumpOptions(), default));
        Assert.Equal("DumpPathNotWritable", noFolder.ErrorId);
        Assert.NotNull(noFolder.Recommendation);

        await using IHypervisor nobody = HypervisorFactory.Open("qemu+unix:///session?socket=/nonexistent/sock", s_settings);
        VmStatsException unreachable = await Assert.ThrowsAsync<VmStatsException>(async () => await nobody.ListAsync(default));
        Assert.Equal("HypervisorUnreachable", unreachable.ErrorId);
        Assert.Contains("/nonexistent/sock", unreachable.Message, StringComparison.Ordinal);
    }

    private static async Task StoreAsync(StoreFixture fixture, VmStatistics vm)
    {
        List<Point> points = [];
        new TelemetryPointFactory(hostName: null, isSimulated: false).Add(vm, points);
        await fixture.Write([.. points]);
    }

    private static async Task<VmTelemetry> LatestAsync(StoreFixture fixture)
    {
        await foreach (VmTelemetry sample in new TelemetryReader(fixture.Store).GetLatestAsync(new SeriesRequest(VmMetrics.Set), reportMissing: false, default))
        {
            return sample;
        }

        throw new InvalidOperationException("Nothing was stored.");
    }

    private static long Number(Dictionary<string, string> domstats, string key) =>
        long.Parse(domstats[key], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private async Task GuestReportsMemoryAsync(IHypervisor hypervisor) => await Eventually.TrueAsync(
        "the guest reports its memory",
        TimeSpan.FromMinutes(2),
        async () => (await ReadAsync(hypervisor)).Balloon.Available is not null);

    private async Task<VmStatistics> ReadAsync(IHypervisor hypervisor) =>
        (await hypervisor.GetStatisticsAsync(default)).Single(vm => vm.Vm.Uuid == real.Guest.Uuid);

    private async Task<Dictionary<string, string>> DomstatsAsync() =>
        (await real.Session.VirshAsync("domstats", "--raw", real.Guest.Uuid.ToString("D")))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Where(line => line.Contains('=', StringComparison.Ordinal))
        .Select(line => line.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);
}
