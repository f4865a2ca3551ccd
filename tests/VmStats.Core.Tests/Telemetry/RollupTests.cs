using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>Buckets, ranking and statistics over samples in a real embedded store.</summary>
public sealed class RollupTests : AsyncTest
{
    private const long Second = StoreFixture.Second;
    private const long T0 = StoreFixture.T0;
    private const string A = "11111111-1111-1111-1111-111111111111";
    private const string B = "22222222-2222-2222-2222-222222222222";

    private static readonly PointShape s_shape = new("vm_totals", ["VMID", "name", "uuid"], ["cputime", "cpus", "memrss", "net_rxbytes"]);
    private static readonly PointShape s_disk = new("vm_devices", ["VMID", "name", "uuid", "devtype", "device"], ["wr_bytes"]);

    private readonly StoreFixture _store = new();
    private readonly ManualTime _clock = new(UnixTime.FromNanoseconds(T0 + (3600 * Second)));

    private TelemetryReader Reader => new(_store.Store, new TelemetryReaderOptions { Clock = _clock });

    public override ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(TelemetryRollup.Average, 4.5, 13.5)]
    [InlineData(TelemetryRollup.Minimum, 1, 12)]
    [InlineData(TelemetryRollup.Maximum, 8, 15)]
    [InlineData(TelemetryRollup.Sum, 27, 54)]
    [InlineData(TelemetryRollup.Last, 6, 12)]
    [InlineData(TelemetryRollup.P50, 4, 13)]
    [InlineData(TelemetryRollup.P90, 8, 15)]
    public async Task A_bucket_is_made_of_its_own_samples(TelemetryRollup rollup, double first, double second)
    {
        // 6 and 4 samples of resident memory, in KiB, at 10 s; the second minute lacks its last two.
        long[] levels = [4, 1, 8, 3, 5, 6, 14, 13, 15, 12];
        await WriteAsync(A, levels.Select((level, i) => (i * 10, 0L, level)));
        List<VmTelemetry> buckets = await BucketsAsync(60, rollup, metrics: VmMetrics.MemoryRssBytes);
        Assert.Equal([0L, 60L], buckets.Select(SecondsOf));
        Assert.Equal([6, 4], buckets.Select(bucket => bucket.SampleCount!.Value));
        Assert.Equal([first * 1024, second * 1024], buckets.Select(bucket => bucket.GetMetric("MemoryRssBytes")!.Value));
        Assert.All(buckets, bucket => Assert.Equal((rollup, TimeSpan.FromMinutes(1), A), (bucket.Rollup, bucket.Interval, bucket.Uuid.ToString())));
        Assert.Null(buckets[0].CpuPercent);
    }

    [Fact]
    public async Task Rates_are_rolled_up_and_the_sum_of_a_counter_is_its_growth()
    {
        // 2 s of CPU each 10 s, on one vCPU; a restart sets the counter back at 60 s.
        await WriteAsync(A, Enumerable.Range(0, 12).Select(i => (i * 10, (i < 6 ? i * 2 : (i - 6) * 4) * Second, 1L)));
        List<VmTelemetry> buckets = await BucketsAsync(60, TelemetryRollup.Average, metrics: VmMetrics.CpuPercent);
        Assert.Equal([20, 40], buckets.Select(bucket => bucket.CpuPercent!.Value));
        Assert.Equal([TelemetryQuality.Ok, TelemetryQuality.Reset], buckets.Select(bucket => bucket.Quality));
        buckets = await BucketsAsync(60, TelemetryRollup.Sum, metrics: VmMetrics.CpuTimeNanoseconds);
        Assert.Equal([10 * Second, 20 * Second], buckets.Select(bucket => bucket.CpuTimeNanoseconds!.Value));
    }

    [Fact]
    public async Task Buckets_are_in_order_of_time_and_then_of_name()
    {
        await WriteAsync(B, [(5, 0, 1), (65, 0, 3)], "alpha");
        await WriteAsync(A, [(0, 0, 2), (60, 0, 4)], "beta");
        List<VmTelemetry> buckets = await BucketsAsync(60, TelemetryRollup.Last, metrics: VmMetrics.MemoryRssBytes);
        Assert.Equal(["alpha 0 1024", "beta 0 2048", "alpha 60 3072", "beta 60 4096"], buckets.Select(one => $"{one.Name} {SecondsOf(one)} {one.MemoryRssBytes}"));
    }

    [Theory]
    [InlineData(TelemetryFill.None, "0:2048 180:8192")]
    [InlineData(TelemetryFill.Null, "0:2048 60: 120: 180:8192 240: 300:")]
    [InlineData(TelemetryFill.Previous, "0:2048 60:2048 120:2048 180:8192 240:8192 300:8192")]
    [InlineData(TelemetryFill.Linear, "0:2048 60:4096 120:6144 180:8192 240: 300:")]
    public async Task A_bucket_without_samples_is_filled_as_asked(TelemetryFill fill, string expected)
    {
        await WriteAsync(A, [(10, 0, 2), (190, 0, 8)]);
        List<VmTelemetry> buckets = await BucketsAsync(60, TelemetryRollup.Average, fill, finish: 301, metrics: VmMetrics.MemoryRssBytes);
        Assert.Equal(expected, string.Join(' ', buckets.Select(one => $"{SecondsOf(one)}:{one.MemoryRssBytes}")));
        Assert.All(buckets.Where(one => one.SampleCount == 0), one => Assert.Equal(("vm", TelemetryQuality.Gap), (one.Name, one.Quality)));
    }

    [Fact]
    public async Task A_fill_holds_the_order_of_time_over_vms_and_ends_now()
    {
        await WriteAsync(A, [(0, 0, 1), (180, 0, 1)], "a");
        await WriteAsync(B, [(60, 0, 1), (120, 0, 1), (180, 0, 1), (240, 0, 1)], "b");
        List<VmTelemetry> buckets = await BucketsAsync(60, TelemetryRollup.Average, TelemetryFill.Linear, finish: 1_000_000, metrics: VmMetrics.MemoryRssBytes);

        // The clock stands at one hour: sixty buckets of a, fifty-nine of b, which began a minute later.
        Assert.Equal(60 + 59, buckets.Count);
        Assert.Equal(buckets.OrderBy(one => one.Time).ThenBy(one => one.Name), buckets);
        Assert.Equal(["0 a 1024", "60 a 1024", "60 b 1024", "120 a 1024"], buckets.Take(4).Select(one => $"{SecondsOf(one)} {one.Name} {one.MemoryRssBytes}"));
    }

    [Fact]
    public async Task The_greatest_over_a_range_are_chosen_by_the_rollup_that_is_asked_for()
    {
        await WriteAsync(A, [(0, 0, 1), (10, 0, 90), (20, 0, 2)], "spiky");
        await WriteAsync(B, [(0, 0, 40), (10, 0, 40), (20, 0, 40)], "steady");
        SeriesRequest all = new(VmMetrics.Set);
        foreach ((TelemetryRollup rollup, string uuid) in new[] { (TelemetryRollup.Maximum, A), (TelemetryRollup.Average, B) })
        {
            SeriesRequest best = await Reader.RankAsync(all, Range(), VmMetrics.MemoryRssBytes, rollup, 1, default);
            List<VmTelemetry> samples = [];
            await foreach (VmTelemetry sample in Reader.GetRangeAsync(best, Range(), default))
            {
                samples.Add(sample);
            }

            Assert.Equal(3, samples.Count);
            Assert.All(samples, sample => Assert.Equal(uuid, sample.Uuid.ToString()));
        }
    }

    [Fact]
    public async Task Devices_are_ranked_each_by_itself()
    {
        Point Disk(string uuid, string device, int second, long bytes) =>
            new(s_disk, T0 + (second * Second), ["1", "vm", uuid, "disk", device], [FieldValue.From(bytes)]);
        await _store.Write(Disk(A, "vda", 0, 0), Disk(A, "vda", 10, 100), Disk(A, "vdb", 0, 0), Disk(A, "vdb", 10, 900), Disk(B, "vda", 0, 0), Disk(B, "vda", 10, 500));
        VmTelemetryMetric metric = DeviceMetrics.WriteBytesPerSecond;
        SeriesRequest request = new(DeviceMetrics.Set, Metrics: [metric], Devices: new DeviceFilter());
        IReadOnlyList<VmDeviceTelemetry> top = await Reader.GetTopDevicesAsync(request, metric, 2, default);
        Assert.Equal([("vdb", 90.0), ("vda", 50.0)], top.Select(one => (one.Device, one.WriteBytesPerSecond!.Value)));
        SeriesRequest best = await Reader.RankAsync(request, Range(), metric, TelemetryRollup.Maximum, 1, default);
        List<VmDeviceTelemetry> buckets = [];
        await foreach (VmDeviceTelemetry bucket in Reader.GetDeviceBucketsAsync(best, Range(), new RollupRequest(60 * Second, TelemetryRollup.Maximum, TelemetryFill.None, [metric]), default))
        {
            buckets.Add(bucket);
        }

        Assert.Equal(("vdb", 90.0, 2), (Assert.Single(buckets).Device, buckets[0].WriteBytesPerSecond, buckets[0].SampleCount));
    }

    [Fact]
    public async Task Statistics_are_those_of_all_samples()
    {
        await WriteAsync(A, Enumerable.Range(1, 100).Select(i => (i, 0L, (long)(i * 37 % 101))));
        IReadOnlyList<VmTelemetryStatistics> all = await Reader.MeasureAsync(
            new SeriesRequest(VmMetrics.Set, Metrics: [VmMetrics.CpuPercent, VmMetrics.MemoryRssBytes, VmMetrics.MemoryUsedPercent]), Range(), default);
        Assert.Equal(["CpuPercent", "MemoryRssBytes"], all.Select(one => one.Metric));
        VmTelemetryStatistics memory = all[1];
        Assert.Equal((100, 99), (memory.Count, all[0].Count));
        Assert.Equal([1, 100, 50.5, 50, 90, 95, 99], new[] { memory.Minimum, memory.Maximum, memory.Average, memory.P50, memory.P90, memory.P95, memory.P99 }.Select(value => Math.Round(value / 1024, 9)));
        Assert.Equal((0, "bytes", "vm"), (memory.PercentileError, memory.Unit, memory.Name));
        Assert.Equal((T0 + Second, T0 + (100 * Second)), (UnixTime.ToNanoseconds(memory.First), UnixTime.ToNanoseconds(memory.Last)));
    }

    [Fact]
    public async Task Empty_buckets_show_in_the_long_form_and_absent_metrics_do_not()
    {
        await WriteAsync(A, [(0, 0, 1), (120, 0, 1)]);
        VmTelemetryMetric[] metrics = [VmMetrics.MemoryRssBytes, VmMetrics.MemoryUsedPercent];
        List<VmTelemetry> buckets = await BucketsAsync(60, TelemetryRollup.Average, TelemetryFill.Null, finish: 121, metrics: metrics);
        Assert.Equal(
            ["0 MemoryRssBytes 1024", "60 MemoryRssBytes ", "60 MemoryUsedPercent ", "120 MemoryRssBytes 1024"],
            buckets.SelectMany(bucket => SampleRows.Of(bucket, metrics)).Select(row => $"{(UnixTime.ToNanoseconds(row.Time) - T0) / Second} {row.Metric} {row.Value}"));
    }

    private static TimeRange Range(long finish = 3600) => new(T0, T0 + (finish * Second));

    private static long SecondsOf(VmTelemetry bucket) => (UnixTime.ToNanoseconds(bucket.Time) - T0) / Second;

    private async Task WriteAsync(string uuid, IEnumerable<(int Second, long Cpu, long Memory)> samples, string name = "vm") => await _store.Write(samples
        .Select(one => new Point(
            s_shape, T0 + (one.Second * Second), ["1", name, uuid], [FieldValue.From(one.Cpu), FieldValue.From(1L), FieldValue.From(one.Memory), default]))
        .ToArray());

    private async Task<List<VmTelemetry>> BucketsAsync(
        long seconds, TelemetryRollup rollup, TelemetryFill fill = TelemetryFill.None, long finish = 3600, params VmTelemetryMetric[] metrics)
    {
        List<VmTelemetry> buckets = [];
        await foreach (VmTelemetry bucket in Reader.GetBucketsAsync(
            new SeriesRequest(VmMetrics.Set), Range(finish), new RollupRequest(seconds * Second, rollup, fill, metrics), default))
        {
            buckets.Add(bucket);
        }

        return buckets;
    }
}
