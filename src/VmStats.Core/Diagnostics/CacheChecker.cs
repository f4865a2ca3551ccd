using VmStats.Data;
using VmStats.Queries;
using VmStats.Stores;
using VmStats.Stores.Sliced;
using VmStats.Telemetry;

namespace VmStats.Diagnostics;

/// <summary>Compares the caches of InfluxDB 3 with their tables, and names the VMs that they lack.</summary>
internal sealed class CacheChecker(InfluxStore store, TimeProvider clock)
{
    private const string Remedy =
        "Nothing is hidden by it: VmStats reads the table for them. A cache of InfluxDB 3 knows only what was written after it was made or after the server started; "
        + "a VM is in it again with its next sample, and one that lacks a key column never is. Who asks last_cache or distinct_cache by other means should ask the table for these.";

    /// <summary>What the caches of the telemetry have.</summary>
    public async Task<Finding> CheckAsync(CancellationToken cancellationToken)
    {
        List<string> names = [], lacks = [];
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

        return lacks.Count > 0 ? Finding.Warning(string.Join(' ', lacks), Remedy)
            : names.Count > 0 ? Finding.Passed($"{string.Join(", ", names)} have what their tables have.")
            : Finding.Passed("There are none.");

        async Task CompareAsync(
            MeasurementSchema schema, string name, IReadOnlyList<string> keys, TimeSpan keeps, Func<QueryPlan, ValueTask<Dictionary<GroupKey, long>?>> read)
        {
            QueryPlan plan = QueryPlan.For(new StoreQuery(schema.Measurement) { Latest = new LatestPerGroup(keys, 1), Columns = [] }, schema)!;
            if (plan.GroupBy.Count == 0)
            {
                return;
            }

            // In this order: what is written meanwhile is in the cache then, and no fault of it.
            Dictionary<GroupKey, GroupFacts> groups = await store.Latest.Census.CountAsync(plan, cancellationToken).ConfigureAwait(false);
            if (await read(plan).ConfigureAwait(false) is not { } cached)
            {
                return;
            }

            names.Add(name);
            CacheShortfall shortfall = CacheShortfall.Of(name, groups.ToDictionary(group => group.Key, group => group.Value.Newest), cached, UnixTime.ToNanoseconds(clock.GetUtcNow() - keeps));
            if (!shortfall.IsNone)
            {
                lacks.Add(shortfall.ToString(schema.Measurement));
            }
        }
    }
}
