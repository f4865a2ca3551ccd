using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Reads which groups a server's caches contain, and how recent those are. The rows themselves are never returned as results: two
/// points with the same time are merged in the table, but not in a cache.
/// </summary>
internal sealed class CacheReader(AskSql ask, TableCachesReader caches)
{
    /// <summary>Returns a table's caches.</summary>
    public ValueTask<TableCaches> ListAsync(string measurement, CancellationToken cancellationToken) => caches.GetAsync(measurement, cancellationToken);

    /// <summary>Returns a table's last-value caches.</summary>
    public ValueTask<IReadOnlyList<LastValueCache>> ListLastAsync(string measurement, CancellationToken cancellationToken) => caches.GetLastAsync(measurement, cancellationToken);

    /// <summary>Returns the time of the newest row of each group in a last-value cache; null if the cache was deleted or lacks a column.</summary>
    public ValueTask<Dictionary<GroupKey, long>?> ReadAsync(QueryPlan plan, LastValueCache cache, CancellationToken cancellationToken)
    {
        StoreQuery newest = new(plan.Query.Measurement) { Latest = new LatestPerGroup(plan.GroupBy, 1), Columns = [] };
        return ReadAsync(QueryPlan.For(newest, plan.Schema)!, InfluxSqlRenderer.Cache("last_cache", plan.Query.Measurement, cache.Name), cancellationToken);
    }

    /// <summary>
    /// Returns the groups in a distinct-value cache, which has no times: each group is given the maximum. Null if the cache was
    /// deleted or lacks a column.
    /// </summary>
    public ValueTask<Dictionary<GroupKey, long>?> ReadAsync(QueryPlan plan, DistinctValueCache cache, CancellationToken cancellationToken)
    {
        StoreQuery groups = new(plan.Query.Measurement) { Distinct = plan.GroupBy };
        return ReadAsync(QueryPlan.For(groups, plan.Schema)!, InfluxSqlRenderer.Cache("distinct_cache", plan.Query.Measurement, cache.Name), cancellationToken);
    }

    private async ValueTask<Dictionary<GroupKey, long>?> ReadAsync(QueryPlan plan, string source, CancellationToken cancellationToken)
    {
        Dictionary<GroupKey, long> newest = [];
        try
        {
            await foreach (StoreRow row in ask(plan, source, cancellationToken).ConfigureAwait(false))
            {
                newest[LatestRows.KeyOf(plan, row)] = row.Time ?? long.MaxValue;
            }

            return newest;
        }
        catch (InfluxException e) when (e.ErrorId is ErrorIds.InfluxCacheNotFound or ErrorIds.InfluxColumnNotFound)
        {
            // The cache was deleted in the meantime, or lacks a column that was added to the table later.
            caches.Forget(plan.Query.Measurement);
            return null;
        }
    }
}
