using System.Globalization;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx3;
using VmStats.Stores.Initialization;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// The latest two rows of each VM from the stand-in for InfluxDB 3, whose engine is slow and keeps its tables as literal rows:
/// only the relation of the figures tells something. Beside it the statement by which a last-value cache was read when it was
/// believed. <c>--vms N,N</c> says how many VMs. The ways take turns.
/// </summary>
internal static class LatestBenchmark
{
    private const int Runs = 5;
    private const int Samples = 3;
    private const int Batch = 2_000;
    private const long Interval = 10 * UnixTime.NanosecondsPerSecond;

    private static readonly string[] s_fields = [.. VmFields.Names.Where(field => field is not "host" and not "partial")];
    private static readonly PointShape s_shape = new("vm_totals", ["uuid", "name", "VMID"], s_fields);
    private static readonly StoreQuery s_latest = new("vm_totals") { Latest = new LatestPerGroup(["uuid", "name"], 2) };

    public static async Task RunAsync(string[] arguments)
    {
        if (Influx3StandIn.WhyNotExecuting is string why)
        {
            Console.WriteLine(why);
            return;
        }

        int[] sizes = arguments is ["--vms", string text] ? [.. text.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))] : [20, 1_000, 10_000];
        foreach (int vms in sizes)
        {
            await using Influx3StandIn server = await Influx3StandIn.StartAsync(executes: true);
            StillTime clock = new();
            ConnectionOptions cached = await FillAsync(server, "cached", vms, clock, hasCaches: true), plain = await FillAsync(server, "plain", vms, clock, hasCaches: false);
            await using InfluxStore cachedStore = Open(cached, clock), plainStore = Open(plain, clock);
            Measurement[] best = await Measurement.BestInTurnAsync(
                Runs,
                [
                    () => ReadCacheAsync(cachedStore),
                    () => CountAsync(cachedStore),
                    () => CountAsync(plainStore),
                    () => CountAnewAsync(cached, clock),
                    () => CountAnewAsync(plain, clock),
                ]);
            Console.WriteLine(FormattableString.Invariant($"{vms:N0} VMs, {Samples} samples of each, {s_fields.Length} fields; best of {Runs} runs"));
            string[] ways = ["the cache's rows, believed", "latest, with caches", "latest, without", "latest, with caches, first of a session", "latest, without, first of a session"];
            for (int i = 0; i < ways.Length; i++)
            {
                best[i].Print(FormattableString.Invariant($"  {best[i].Time / best[0].Time,5:F2} x  {ways[i]}"));
            }
        }
    }

    private static async Task<ConnectionOptions> FillAsync(Influx3StandIn server, string database, int vms, TimeProvider clock, bool hasCaches)
    {
        server.CreateDatabase(database);
        ConnectionOptions options = new() { Url = server.Url, Database = database, Timeout = TimeSpan.FromMinutes(10) };
        await using InfluxStore store = Open(options, clock);
        if (hasCaches)
        {
            IDatabaseInitializer initializer = await DatabaseInitializer.ForAsync(store, options, false, default);
            await foreach (DatabaseStep step in initializer.PlanAsync(null, default))
            {
                await step.RunAsync(default);
            }
        }

        long now = UnixTime.ToNanoseconds(clock.GetUtcNow());
        IEnumerable<Point> points = Enumerable.Range(0, Samples).SelectMany(i => Enumerable.Range(0, vms).Select(vm => Make(now - ((Samples - i) * Interval), vm)));
        foreach (Point[] batch in points.Chunk(Batch))
        {
            await store.WriteAsync(batch, default);
        }

        return options;
    }

    private static Point Make(long time, int vm)
    {
        string number = vm.ToString("D12", CultureInfo.InvariantCulture);
        return new Point(s_shape, time, [$"00000000-0000-4000-8000-{number}", "vm" + number, "1"], [.. s_fields.Select((_, i) => FieldValue.From((time / Interval * i) + vm))]);
    }

    private static InfluxStore Open(ConnectionOptions options, TimeProvider clock) => new(options, new VmStats.Infrastructure.Infrastructure(), clock: clock);

    private static async Task<long> ReadCacheAsync(InfluxStore store)
    {
        QueryPlan plan = QueryPlan.For(s_latest, (await store.GetSchemaAsync("vm_totals", default))!)!;
        RenderedQuery rendered = InfluxSqlRenderer.Render(plan, InfluxSqlRenderer.Cache("last_cache", "vm_totals", "vm_totals_latest"));
        long rows = 0;
        await foreach (StoreRow unused in store.Influx.QuerySqlAsync(rendered.Text, rendered.Parameters, new RowBuilder(new RowLayout(rendered.Columns), 3), default))
        {
            rows++;
        }

        return rows;
    }

    private static async Task<long> CountAsync(InfluxStore store)
    {
        long rows = 0;
        await foreach (StoreRow unused in store.QueryAsync(s_latest, default))
        {
            rows++;
        }

        return rows;
    }

    private static async Task<long> CountAnewAsync(ConnectionOptions options, TimeProvider clock)
    {
        await using InfluxStore store = Open(options, clock);
        return await CountAsync(store);
    }

    // As if the runs took no time, so that the samples stay as new as they are.
    private sealed class StillTime : TimeProvider
    {
        private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
