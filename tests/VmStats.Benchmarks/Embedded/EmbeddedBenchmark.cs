using System.Globalization;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Benchmarks.Embedded;

/// <summary>The embedded store beside what one would write first. Without arguments up to 2 million rows; <c>--large</c> takes 10 million.</summary>
internal static class EmbeddedBenchmark
{
    private const int Small = 100_000;
    private const long Hour = 3600 * UnixTime.NanosecondsPerSecond;

    public static async Task RunAsync(string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("vmstats-benchmark-").FullName;
        try
        {
            await RunAsync(folder, RowsOf(arguments));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string folder, int rows)
    {
        string path = Path.Combine(folder, "store.db");
        Fleet fleet = new();
        await using EmbeddedStore store = EmbeddedStore.Open(path, retention: null);
        Console.WriteLine(FormattableString.Invariant($"27 fields, {Fleet.Vms:N0} VMs every 20 s, batches of {Fleet.Batch:N0}, each commit on the disk (synchronous = FULL)"));
        using (NaiveStore naive = new(Path.Combine(folder, "naive.db")))
        {
            Fleet same = new();
            (await WriteAsync(same, Small, points => { naive.Write(points); return Task.CompletedTask; })).Print("  in: PRIMARY KEY(uuid, time), Microsoft.Data.Sqlite");
        }

        using (BatchWriter hasty = new(PrepareHasty(folder), WriteLock.DefaultTimeout))
        {
            hasty.Session.Execute("PRAGMA synchronous = NORMAL");
            Func<Point[], Task> commit = points => { hasty.Write(points, long.MinValue, default); return Task.CompletedTask; };
            Fleet other = new();
            await WriteAsync(other, Small / 5, commit); // Warms up.
            (await WriteAsync(other, Small, commit)).Print("  in: embedded store, were it synchronous = NORMAL");
        }

        Func<Point[], Task> write = points => store.WriteAsync(points, default).AsTask();
        (await WriteAsync(fleet, Small, write)).Print("  in: embedded store");
        await ReadAsync(store, path, fleet);
        (await WriteAsync(fleet, rows - Small, write)).Print("  in: embedded store");
        await ReadAsync(store, path, fleet);
        Console.WriteLine(FormattableString.Invariant($"  file: {new FileInfo(path).Length / (double)fleet.Count:F0} bytes a row"));
    }

    private static string PrepareHasty(string folder)
    {
        string path = Path.Combine(folder, "hasty.db");
        StoreFile.Prepare(path);
        return path;
    }

    /// <summary>Points are made outside the measured time.</summary>
    private static async Task<Measurement> WriteAsync(Fleet fleet, int count, Func<Point[], Task> write)
    {
        Measurement total = default;
        for (int i = 0; i < count; i += Fleet.Batch)
        {
            Point[] points = fleet.Next();
            long before = GC.GetTotalAllocatedBytes();
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            await write(points);
            total = new Measurement(
                total.Time + System.Diagnostics.Stopwatch.GetElapsedTime(start),
                total.Allocated + GC.GetTotalAllocatedBytes() - before,
                total.Rows + points.Length,
                total.Processor + Environment.CpuUsage.TotalTime - processor);
        }

        return total;
    }

    private static async Task ReadAsync(EmbeddedStore store, string path, Fleet fleet)
    {
        using SqlPeer peer = new(path);
        Console.WriteLine(FormattableString.Invariant($"at {fleet.Count:N0} rows"));
        StoreQuery all = new("vm_totals");
        (await Measurement.BestAsync(5, () => CountAsync(store, all with { Latest = new LatestPerGroup(["uuid"], 2) }))).Print("  latest two of each VM: embedded store");
        (await Measurement.BestAsync(1, () => Task.FromResult(peer.Latest()))).Print("  latest one of each VM: max(time) GROUP BY");

        long hour = fleet.Newest - Hour;
        StoreQuery one = all with { Filters = [ColumnFilter.In("uuid", Fleet.Uuid(500))], Start = hour };
        (await Measurement.BestAsync(5, () => CountAsync(store, one))).Print("  one VM's last hour: embedded store");
        (await Measurement.BestAsync(3, () => Task.FromResult(peer.Range(500, hour)))).Print("  one VM's last hour: WHERE uuid AND time");

        long day = Math.Max(Fleet.Start, fleet.Newest - (24 * Hour));
        Aggregate[] aggregates =
        [
            new(AggregateFunction.Average, "field00", "average"), new(AggregateFunction.Minimum, "field01", "least"),
            new(AggregateFunction.Maximum, "field02", "most"),
        ];
        StoreQuery rollup = all with { Start = day, Aggregation = new Aggregation(aggregates, ["uuid"], 60 * UnixTime.NanosecondsPerSecond) };
        (await Measurement.BestAsync(1, () => CountAsync(store, rollup))).Print("  one-minute roll-up of a day, all VMs: embedded store");
        (await Measurement.BestAsync(1, () => Task.FromResult(peer.Rollup(day)))).Print("  one-minute roll-up of a day, all VMs: GROUP BY");

        Aggregation rates = new([new(AggregateFunction.Average, "field00", "average")], ["uuid"]) { Rates = new CounterRates("field00", 0) };
        StoreQuery ranking = all with { Start = day, Aggregation = rates };
        (await Measurement.BestAsync(2, () => CountAsync(store, ranking))).Print("  average rate of a day, all VMs: embedded store");
        (await Measurement.BestAsync(1, () => FoldAsync(store, ranking))).Print("  average rate of a day, all VMs: rows folded by the reader");
    }

    private static async Task<long> CountAsync(EmbeddedStore store, StoreQuery query)
    {
        long rows = 0;
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            rows++;
        }

        return rows;
    }

    private static async Task<long> FoldAsync(EmbeddedStore store, StoreQuery query)
    {
        RowFolder folder = new(query.Aggregation!, query.Aggregation!.GroupBy, query.Aggregation.Aggregates);
        await foreach (StoreRow row in store.QueryAsync(query with { Aggregation = null, Columns = ["uuid", "field00"] }, default))
        {
            folder.Add(row);
        }

        return folder.Rows(descending: false).LongCount();
    }

    private static int RowsOf(string[] arguments) => arguments switch
    {
        ["--large"] => 10_000_000,
        ["--rows", string text] => int.Parse(text, CultureInfo.InvariantCulture),
        _ => 2_000_000,
    };
}
