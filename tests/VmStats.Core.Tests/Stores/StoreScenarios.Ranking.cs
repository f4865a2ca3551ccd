using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores;

/// <content>What the store computes for a ranking is what the samples would give.</content>
public abstract partial class StoreScenarios
{
    private const int Samples = 60;
    private static readonly string[] s_fields = ["cputime", "cpus", "memrss", "net_rxbytes", "disk_rd_bytes"];
    private static readonly PointShape s_telemetry = new("vm_totals", ["VMID", "name", "uuid"], s_fields);
    private static readonly PointShape s_olderTelemetry = new("vm_totals", ["VMID", "Dom", "UUID"], s_fields);
    private static readonly PointShape s_devices = new("vm_devices", ["VMID", "name", "uuid", "devtype", "device"], ["wr_bytes", "wr_reqs", "wr_times"]);

    private static readonly TelemetryRollup[] s_rollups =
        [TelemetryRollup.Average, TelemetryRollup.Minimum, TelemetryRollup.Maximum, TelemetryRollup.Sum, TelemetryRollup.Last, TelemetryRollup.P95];

    private static readonly TimeRange s_range = new(T0 + (10 * Minute), T0 + (50 * Minute));

    [SkippableFact]
    public async Task A_ranking_over_a_range_is_that_of_the_samples_and_needs_a_row_per_series()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([.. Fleet(), .. Disks()], default);
        await AssertRankingsAsync(
            store,
            new SeriesRequest(VmMetrics.Set),
            VmMetrics.CpuPercent, VmMetrics.NetRxBytesPerSecond, VmMetrics.MemoryRssBytes, VmMetrics.CpuTimeNanoseconds, VmMetrics.Cpus);
        await AssertRankingsAsync(
            store, new SeriesRequest(DeviceMetrics.Set, Devices: new DeviceFilter()), DeviceMetrics.WriteBytesPerSecond, DeviceMetrics.WriteLatencyMilliseconds);

        // Four VMs, one of them in two runs, and two questions of each run: none of their 160 samples in the range is read.
        CountedStore counted = new(store);
        SeriesRequest calm = new(VmMetrics.Set, Fleet().Select(point => point.Tags[1]!).Distinct()
            .Where(name => name.StartsWith("calm", StringComparison.Ordinal) || name == "restarted").Select(name => new MonitoredVm { Uuid = UuidOf(name), Name = name }).ToArray());
        SeriesRanker ranker = new(new SeriesReader(counted, new TelemetryReaderOptions()), calm, s_range, VmMetrics.CpuPercent, TelemetryRollup.Average);
        Assert.Equal(4, (await ranker.RankAsync(default)).Count);
        Assert.Equal(2 * 5, counted.Rows);
    }

    private static async Task AssertRankingsAsync(ITelemetryStore store, SeriesRequest request, params VmTelemetryMetric[] metrics)
    {
        SeriesReader reader = new(store, new TelemetryReaderOptions());
        List<(SeriesKey Key, SampleData Sample)> samples = [];
        await foreach ((SeriesState series, SampleData sample) in reader.ReadRangeAsync(request, s_range, default))
        {
            samples.Add((series.Key, sample));
        }

        foreach (TelemetryRollup rollup in s_rollups)
        {
            foreach (VmTelemetryMetric metric in metrics)
            {
                IReadOnlyList<RankedSeries> ranked = await new SeriesRanker(reader, request, s_range, metric, rollup).RankAsync(default);
                AssertIsFold(samples, ranked, metric, rollup);
            }
        }
    }

    private static void AssertIsFold(
        List<(SeriesKey Key, SampleData Sample)> samples, IReadOnlyList<RankedSeries> ranked, VmTelemetryMetric metric, TelemetryRollup rollup)
    {
        Dictionary<SeriesKey, MetricAggregator> folds = [];
        foreach ((SeriesKey key, SampleData sample) in samples)
        {
            if (!folds.TryGetValue(key, out MetricAggregator? fold))
            {
                folds.Add(key, fold = new MetricAggregator(metric, rollup));
            }

            fold.Add(sample);
        }

        Assert.Equal(folds.Where(fold => !double.IsNaN(fold.Value.Result)).Select(fold => fold.Key).ToHashSet(), ranked.Select(series => series.Key).ToHashSet());
        Assert.Equal(ranked.OrderByDescending(series => series.Value), ranked);
        foreach (RankedSeries series in ranked)
        {
            double expected = folds[series.Key].Result;
            Assert.True(
                Math.Abs(series.Value - expected) <= Math.Abs(expected) * 1e-9,
                $"{metric} {rollup} of {series.Name}: {series.Value} instead of {expected}");
        }
    }

    // One sample a minute. What is done to a VM in the middle of the range is in its name.
    private static IEnumerable<Point> Fleet()
    {
        Random random = new(1);
        foreach (string name in new[] { "calm1", "calm2", "calm3", "restarted", "reset", "renamed", "resized", "unreported", "unlimited", "older" })
        {
            long cpu = random.NextInt64(1L << 60), received = 0, read = 0;
            for (int i = 0; i < Samples; i++)
            {
                bool isLate = i >= Samples / 2;
                bool isNew = i == Samples / 2 && name is "restarted" or "reset";
                cpu = isNew ? 0 : cpu + random.NextInt64(60 * UnixTime.NanosecondsPerSecond);
                received = isNew ? 0 : received + random.Next(1_000_000);
                read += random.Next(1_000);
                string id = isLate && name == "restarted" ? "9" : "1";
                string called = isLate && name == "renamed" ? "anew" : name;
                long cpus = isLate && name == "resized" ? 4 : 2;
                long memory = i % 7 != 0 ? random.Next(1_000, 1_000_000) : name == "unreported" ? -1 : name == "unlimited" ? long.MaxValue : 1_000;
                yield return new Point(
                    name == "older" ? s_olderTelemetry : s_telemetry,
                    T0 + (i * Minute),
                    [id, called, UuidOf(name).ToString()],
                    [FieldValue.From(cpu), FieldValue.From(cpus), FieldValue.From(memory), FieldValue.From(received), FieldValue.From(read)]);
            }
        }
    }

    private static IEnumerable<Point> Disks()
    {
        Random random = new(2);
        foreach (string device in new[] { "vda", "vdb" })
        {
            long bytes = 0, requests = 0, times = 0;
            for (int i = 0; i < Samples; i++)
            {
                (bytes, requests, times) = (bytes + random.Next(1_000_000), requests + random.Next(1, 100), times + random.Next(1_000_000));
                yield return new Point(
                    s_devices,
                    T0 + (i * Minute),
                    ["1", "calm1", UuidOf("calm1").ToString(), "disk", device],
                    [FieldValue.From(bytes), FieldValue.From(requests), FieldValue.From(times)]);
            }
        }
    }

    private static Guid UuidOf(string name) => new([.. name.PadRight(16).Select(letter => (byte)letter)]);

    /// <summary>Counts the rows that a store gives.</summary>
    private sealed class CountedStore(ITelemetryStore inner) : ITelemetryStore
    {
        // Several queries may be read at once.
        private int _rows;

        public int Rows => _rows;

        public StoreInfo Info => inner.Info;

        public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => inner.ProbeAsync(cancellationToken);

        public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) => inner.GetSchemaAsync(measurement, cancellationToken);

        public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken) => inner.WriteAsync(points, cancellationToken);

        public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (StoreRow row in inner.QueryAsync(query, cancellationToken))
            {
                Interlocked.Increment(ref _rows);
                yield return row;
            }
        }

        public ValueTask DisposeAsync() => default;
    }
}
