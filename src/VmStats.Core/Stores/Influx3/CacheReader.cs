using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>Reads from a server's caches which groups they have, and how new. Their rows are nobody's answer: two lines of one time don't merge in them as they do in the table.</summary>
internal sealed class CacheReader(AskSql ask, TableCachesReader caches)
{
    /// <summary>The caches of a table.</summary>
    public ValueTask<TableCaches> ListAsync(string measurement, CancellationToken cancellationToken) => caches.GetAsync(measurement, cancellationToken);

    /// <summary>The last-value caches of a table.</summary>
    public ValueTask<IReadOnlyList<LastValueCache>> ListLastAsync(string measurement, CancellationToken cancellationToken) => caches.GetLastAsync(measurement, cancellationToken);

    /// <summary>The time of the newest row of each group in a last-value cache; null when it is gone.</summary>
    public ValueTask<Dictionary<GroupKey, long>?> ReadAsync(QueryPlan plan, LastValueCache cache, CancellationToken cancellationToken)
    {
        StoreQuery newest = new(plan.Query.Measurement) { Latest = new LatestPerGroup(plan.GroupBy, 1), Columns = [] };
        return ReadAsync(QueryPlan.For(newest, plan.Schema)!, InfluxSqlRenderer.Cache("last_cache", plan.Query.Measurement, cache.Name), cancellationToken);
    }

    /// <summary>The groups in a distinct-value cache, which tells no time: the latest of all. Null when it is gone.</summary>
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
            // It was deleted meanwhile, or lacks a column that the table has got since.
            caches.Forget(plan.Query.Measurement);
            return null;
        }
    }
}
