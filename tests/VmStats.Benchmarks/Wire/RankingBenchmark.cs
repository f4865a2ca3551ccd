using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// Which VMs used most CPU in a day: computed by a real InfluxDB 1.x, and by the embedded store, beside the same from the
/// samples that the store streams. <c>--vms N</c> says how many VMs; each has a sample every 20 s.
/// </summary>
internal static class RankingBenchmark
{
    private const int Batch = 10_000;
    private const int Samples = 4_320;
    private const long Interval = 20 * UnixTime.NanosecondsPerSecond;
    private const long Start = 1_767_225_600 * UnixTime.NanosecondsPerSecond;

    private static readonly PointShape s_shape = new("vm_totals", ["VMID", "name", "uuid"], ["cputime", "cpus", "memrss", "net_rxbytes", "disk_rd_bytes"]);

    public static async Task RunAsync(string[] arguments)
    {
        int vms = arguments is ["--vms", string text] ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 100;
        VmStats.Infrastructure.Infrastructure infrastructure = new();
        Console.WriteLine(FormattableString.Invariant($"{vms:N0} VMs, {Samples:N0} samples of each"));
        string folder = Directory.CreateTempSubdirectory("vmstats-benchmark-").FullName;
        try
        {
            await using ITelemetryStore embedded = infrastructure.OpenEmbeddedStore(Path.Combine(folder, "store.db"), retention: null);
            await MeasureAsync(embedded, "embedded store", vms);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (InfluxServer.WhyAbsent is string why)
        {
            Console.WriteLine($"  InfluxDB 1.x: {why}");
            return;
        }

        await using InfluxServer server = await InfluxServer.StartAsync();
        await using ITelemetryStore influx =
            StoreFactory.Open(new ConnectionOptions { Url = server.Url, Database = await server.CreateDatabaseAsync() }, infrastructure);
        await MeasureAsync(influx, "InfluxDB 1.x", vms);
    }

    private static async Task MeasureAsync(ITelemetryStore store, string name, int vms)
    {
        foreach (Point[] points in PointsOf(vms).Chunk(Batch))
        {
            await store.WriteAsync(points, default);
        }

        TimeRange range = new(Start, Start + (Samples * Interval));
        SeriesRequest all = new(VmMetrics.Set);
        TelemetryReader reader = new(store);
        (await Measurement.BestAsync(3, async () =>
        {
            await reader.RankAsync(all, range, VmMetrics.CpuPercent, TelemetryRollup.Average, 5, default);
            return vms;
        })).Print($"  average CpuPercent, computed by the store: {name}");
        (await Measurement.BestAsync(1, async () => await FoldAsync(store, all, range))).Print($"  average CpuPercent, folded from samples: {name}");
    }

    private static async Task<long> FoldAsync(ITelemetryStore store, SeriesRequest all, TimeRange range)
    {
        Dictionary<SeriesKey, MetricAggregator> folds = [];
        SeriesReader series = new(store, new TelemetryReaderOptions());
        await foreach ((SeriesState state, SampleData sample) in series.ReadRangeAsync(all with { Metrics = [VmMetrics.CpuPercent] }, range, default))
        {
            if (!folds.TryGetValue(state.Key, out MetricAggregator? fold))
            {
                folds.Add(state.Key, fold = new MetricAggregator(VmMetrics.CpuPercent, TelemetryRollup.Average));
            }

            fold.Add(sample);
        }

        return folds.Count;
    }

    private static IEnumerable<Point> PointsOf(int vms)
    {
        for (int i = 0; i < Samples; i++)
        {
            for (int vm = 0; vm < vms; vm++)
            {
                FieldValue[] values =
                [
                    FieldValue.From((long)i * (vm + 1) * 100_000_000), FieldValue.From(4L), FieldValue.From(1_000_000L + (i * 37 % 1000)),
                    FieldValue.From((long)i * 12_345), FieldValue.From((long)i * 54_321),
                ];
                yield return new Point(s_shape, Start + (i * Interval), [$"{vm + 1}", $"vm-{vm:D4}", $"6f1c0000-0000-4000-8000-{vm:D12}"], values);
            }
        }
    }
}
