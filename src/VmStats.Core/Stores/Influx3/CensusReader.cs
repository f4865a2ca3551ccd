using System.Collections.Concurrent;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Counts a table's groups, and remembers them. They are counted in the table, as far back as is looked, since a cache of
/// InfluxDB 3 knows only what was written after it was made or after the server started, and says nothing of that. From
/// then on, while the server's process is the same, a cache does hear of each write: after a minute it is asked what has
/// come since, and the table is counted again only where there is no such cache, or after an hour.
/// </summary>
internal sealed class CensusReader(InfluxQuery influx, SqlReader reader, CacheReader caches, TimeProvider clock)
{
    private const string RowsColumn = "vmstats rows";
    private const string NewestColumn = "vmstats newest";
    private const string TimeColumn = "time";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);

    // Deletions, and rows without one of the cache's keys, are heard of by no cache.
    private static readonly TimeSpan s_countAgain = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, TableCensus> _known = new(StringComparer.Ordinal);

    /// <summary>The census of the columns that a plan groups by, not older than a minute.</summary>
    public async ValueTask<TableCensus> GetAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        string name = string.Join('\n', plan.GroupBy.Prepend(plan.Query.Measurement));
        DateTimeOffset now = clock.GetUtcNow();
        TableCensus? known = _known.GetValueOrDefault(name);
        if (known is not null && now - known.RenewedAt < s_keep)
        {
            return known;
        }

        TableCensus? renewed = known is not null && now - known.CountedAt < s_countAgain
            ? await RenewAsync(known, plan, cancellationToken).ConfigureAwait(false)
            : null;
        return _known[name] = renewed ?? await CountAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets the groups of tables that this process wrote to, unless all that it wrote is so new that it is read anyway.</summary>
    /// <param name="points">What it wrote.</param>
    /// <param name="newest">From when on rows are read whatever is remembered.</param>
    public void Forget(IReadOnlyList<Point> points, long newest)
    {
        foreach ((string name, TableCensus census) in _known)
        {
            if (points.Any(point => point.Time < newest && point.Shape.Measurement == census.Measurement))
            {
                _known.TryRemove(name, out _);
            }
        }
    }

    /// <summary>Counts the table, whatever is remembered.</summary>
    public async ValueTask<TableCensus> CountAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        // What is true of cache and process before is true of all that is written while the table is read.
        DateTimeOffset now = clock.GetUtcNow();
        LastValueCache? cache = (await caches.ListAsync(plan.Query.Measurement, cancellationToken).ConfigureAwait(false)).Last
            .Where(cache => cache.Covers(plan.GroupBy) && cache.TimeToLive > s_countAgain).MaxBy(cache => cache.TimeToLive);
        string? process = cache is null ? null : await ProcessAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<GroupKey, GroupFacts> groups = [];
        await foreach (StoreRow row in reader.ReadAsync(await CountingAsync(plan, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
        {
            long newest = WireTime.TryParse(System.Text.Encoding.UTF8.GetBytes(row[NewestColumn].AsString() ?? ""), out long time) ? time : long.MinValue;
            groups[LatestRows.KeyOf(plan, row)] = new(newest, row[RowsColumn].AsInt64() ?? long.MaxValue, newest);
        }

        TableCensus census = new() { Measurement = plan.Query.Measurement, Groups = groups, CountedAt = now, RenewedAt = now };
        if (cache is null || await caches.ReadAsync(plan, cache, cancellationToken).ConfigureAwait(false) is not { } cached)
        {
            return census;
        }

        // Rows without one of the keys are in no cache.
        bool hears = process is not null && !groups.Keys.Any(group => group.Values.Any(value => value.IsNull));
        CacheShortfall shortfall = CacheShortfall.Of(cache.Name, groups, cached, UnixTime.ToNanoseconds(now - cache.TimeToLive));
        return census with { Cache = hears ? cache : null, ProcessId = process, Shortfall = shortfall.IsNone ? null : shortfall.ToString(plan.Query.Measurement) };
    }

    // The groups with what the cache has heard of since; null where the table must be counted again.
    private async ValueTask<TableCensus?> RenewAsync(TableCensus known, QueryPlan plan, CancellationToken cancellationToken)
    {
        if (known.Cache is not { } cache
            || !(await caches.ListAsync(plan.Query.Measurement, cancellationToken).ConfigureAwait(false)).Last.Any(cache.IsSameAs))
        {
            return null;
        }

        DateTimeOffset now = clock.GetUtcNow();
        if (await caches.ReadAsync(plan, cache, cancellationToken).ConfigureAwait(false) is not { } cached
            || await ProcessAsync(cancellationToken).ConfigureAwait(false) != known.ProcessId)
        {
            return null;
        }

        Dictionary<GroupKey, GroupFacts> groups = new(known.Groups);
        foreach ((GroupKey group, long newest) in cached)
        {
            GroupFacts facts = groups.TryGetValue(group, out GroupFacts before) ? before : new(long.MinValue, 0, long.MinValue);
            groups[group] = facts with { Position = Math.Max(facts.Position, newest) };
        }

        return known with { Groups = groups, RenewedAt = now };
    }

    private async ValueTask<string?> ProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await influx.ProbeAsync(cancellationToken).ConfigureAwait(false)).ProcessId;
        }
        catch (InfluxException)
        {
            // A proxy may let nothing but queries pass. Without it nothing is left to the cache.
            return null;
        }
    }

    // The time is a column as others are to who counts.
    private async ValueTask<QueryPlan> CountingAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        Aggregate[] counts = [new(AggregateFunction.Count, null, RowsColumn), new(AggregateFunction.Maximum, TimeColumn, NewestColumn)];
        StoreQuery query = new(plan.Query.Measurement)
        {
            Start = await reader.LookBackAsync(plan.Query.Measurement, null, cancellationToken).ConfigureAwait(false),
            Aggregation = new Aggregation(counts, plan.GroupBy),
        };
        Dictionary<string, FieldKind> fields = new(plan.Schema.Fields, StringComparer.Ordinal) { [TimeColumn] = FieldKind.String };
        return QueryPlan.For(query, plan.Schema with { Fields = fields })!;
    }
}
