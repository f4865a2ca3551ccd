using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx3;

namespace VmStats.Diagnostics;

/// <summary>Compares the caches of InfluxDB 3 with their tables, and names the VMs that are missing from a cache.</summary>
internal sealed class CacheChecker(Influx3Store store, TimeProvider clock)
{
    private const string Remedy =
        "No data is hidden by this: VmStats reads the table for these VMs. A cache of InfluxDB 3 contains only what was written after the cache was created or the server was started; "
        + "a VM is in it again with its next sample, and one without a key column never is. Other clients of last_cache or distinct_cache should query the table for these VMs.";

    /// <summary>Reports the contents of the telemetry tables' caches.</summary>
    public async Task<Finding> CheckAsync(CancellationToken cancellationToken)
    {
        List<string> names = [], shortfalls = [];
        foreach (string measurement in (string[])[Measurements.VmTotals, Measurements.VmDevices])
        {
            if (await store.GetSchemaAsync(measurement, cancellationToken).ConfigureAwait(false) is not { } schema)
            {
                continue;
            }

            TableCaches caches = await store.Latest.Caches.ListAsync(measurement, cancellationToken).ConfigureAwait(false);
            foreach (LastValueCache cache in caches.Last)
            {
                await CompareAsync(schema, cache.Name, cache.Keys, cache.TimeToLive, plan => store.Latest.Caches.ReadAsync(plan, cache, cancellationToken)).ConfigureAwait(false);
            }

            foreach (DistinctValueCache cache in caches.Distinct)
            {
                await CompareAsync(schema, cache.Name, cache.Columns, cache.MaxAge, plan => store.Latest.Caches.ReadAsync(plan, cache, cancellationToken)).ConfigureAwait(false);
            }
        }

        return shortfalls.Count > 0 ? Finding.Warning(string.Join(' ', shortfalls), Remedy)
            : names.Count > 0 ? Finding.Passed($"{string.Join(", ", names)} match their tables.")
            : Finding.Passed("There are none.");

        async Task CompareAsync(
            MeasurementSchema schema, string name, IReadOnlyList<string> keys, TimeSpan timeToLive, Func<QueryPlan, ValueTask<Dictionary<GroupKey, long>?>> read)
        {
            QueryPlan plan = QueryPlan.For(new StoreQuery(schema.Measurement) { Latest = new LatestPerGroup(keys, 1), Columns = [] }, schema)!;
            if (plan.GroupBy.Count == 0)
            {
                return;
            }

            // In this order, so that rows written in between are in the cache and don't count as missing.
            Dictionary<GroupKey, GroupFacts> groups = await store.Latest.Census.CountAsync(plan, cancellationToken).ConfigureAwait(false);
            if (await read(plan).ConfigureAwait(false) is not { } cached)
            {
                return;
            }

            names.Add(name);
            CacheShortfall shortfall = CacheShortfall.Of(name, groups.ToDictionary(group => group.Key, group => group.Value.Newest), cached, UnixTime.ToNanoseconds(clock.GetUtcNow() - timeToLive));
            if (!shortfall.IsNone)
            {
                shortfalls.Add(shortfall.ToString(schema.Measurement));
            }
        }
    }
}
