using System.Collections.Concurrent;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Queries a table for its groups, and caches the result. The table itself is queried, as far back as the search reaches, because
/// a cache of InfluxDB 3 contains only what was written after the cache was created or the server was started, and doesn't
/// indicate what is missing. Only the tags are read for this; rows are counted, and the newest one located, only for groups that
/// lack rows. From then on, as long as the server process remains the same, a last-value cache receives every write: after a
/// minute the cache is queried for changes, and the table is queried again only if there is no such cache, or after an hour.
/// </summary>
internal sealed class CensusReader(InfluxQuery influx, SqlReader reader, CacheReader caches, TimeProvider clock)
{
    private const string RowsColumn = "vmstats rows";
    private const string NewestColumn = "vmstats newest";
    private const string TimeColumn = "time";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);

    // No cache reflects deletions, or rows that lack one of the cache's keys.
    private static readonly TimeSpan s_askAgain = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, TableCensus> _known = new(StringComparer.Ordinal);

    /// <summary>Returns the census for the columns that a plan groups by; it is at most a minute old.</summary>
    public async ValueTask<TableCensus> GetAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        string name = string.Join('\n', plan.GroupBy.Prepend(plan.Query.Measurement));
        DateTimeOffset now = clock.GetUtcNow();
        TableCensus? known = _known.GetValueOrDefault(name);
        if (known is not null && now - known.RenewedAt < s_keep)
        {
            return known;
        }

        TableCensus? renewed = known is not null && now - known.TakenAt < s_askAgain
            ? await RenewAsync(known, plan, cancellationToken).ConfigureAwait(false)
            : null;
        return _known[name] = renewed ?? await TakeAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Discards the census of each table that this process wrote to, unless all written points are so recent that they are read anyway.</summary>
    /// <param name="points">The written points.</param>
    /// <param name="newest">Rows from this time on (UTC nanoseconds) are always read from the table.</param>
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

    /// <summary>Counts the rows of all groups of a table without using the cached census, and finds the newest row of each.</summary>
    public ValueTask<Dictionary<GroupKey, GroupFacts>> CountAsync(QueryPlan plan, CancellationToken cancellationToken) => CountAsync(plan, [], cancellationToken);

    /// <summary>Counts the rows of some groups, and adds the results to a census.</summary>
    public async ValueTask CountAsync(QueryPlan plan, TableCensus census, IReadOnlyCollection<GroupKey> groups, CancellationToken cancellationToken)
    {
        if (groups.Count == 0)
        {
            return;
        }

        Dictionary<GroupKey, GroupFacts> facts = await CountAsync(plan, GroupFilter.Narrow(plan, groups), cancellationToken).ConfigureAwait(false);
        foreach (GroupKey group in groups.Union(facts.Keys))
        {
            // A group that has no rows any more was deleted in the meantime.
            census.Facts.TryAdd(group, facts.TryGetValue(group, out GroupFacts known) ? known : GroupFacts.None);
        }
    }

    /// <summary>Returns what the cache lacks of the groups whose newest row is known; null if it lacks nothing or there is no cache.</summary>
    /// <param name="plan">The query.</param>
    /// <param name="census">The table's groups.</param>
    /// <param name="newest">The time of each group's newest row.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async ValueTask<CacheShortfall?> CompareAsync(
        QueryPlan plan, TableCensus census, Dictionary<GroupKey, long> newest, CancellationToken cancellationToken)
    {
        if (census.Cache is not { } cache)
        {
            return null;
        }

        if (census.Compared is not { } compared || !compared.Groups.IsSupersetOf(newest.Keys))
        {
            if (await caches.ReadAsync(plan, cache, cancellationToken).ConfigureAwait(false) is not { } cached)
            {
                return null;
            }

            long oldest = UnixTime.ToNanoseconds(clock.GetUtcNow() - cache.TimeToLive);
            census.Compared = compared = (newest.Keys.ToHashSet(), CacheShortfall.Of(cache.Name, newest, cached, oldest));
        }

        return compared.Shortfall.IsNone ? null : compared.Shortfall;
    }

    private async ValueTask<TableCensus> TakeAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        // The cache and the process are looked up before the table is read, so that they also account for writes during the read.
        DateTimeOffset now = clock.GetUtcNow();
        LastValueCache? cache = (await caches.ListLastAsync(plan.Query.Measurement, cancellationToken).ConfigureAwait(false))
            .Where(cache => cache.Covers(plan.GroupBy) && cache.TimeToLive > s_askAgain).MaxBy(cache => cache.TimeToLive);
        string? process = cache is null ? null : await ProcessAsync(cancellationToken).ConfigureAwait(false);
        HashSet<GroupKey> groups = [];
        StoreQuery distinct = new(plan.Query.Measurement)
        {
            Start = await reader.LookBackAsync(plan.Query.Measurement, null, cancellationToken).ConfigureAwait(false),
            Distinct = plan.GroupBy,
        };
        await foreach (StoreRow row in reader.ReadAsync(QueryPlan.For(distinct, plan.Schema)!, cancellationToken).ConfigureAwait(false))
        {
            groups.Add(LatestRows.KeyOf(plan, row));
        }

        return new()
        {
            Measurement = plan.Query.Measurement,
            Groups = groups,
            TakenAt = now,
            RenewedAt = now,
            Cache = cache,

            // Rows that lack one of the keys aren't cached.
            IsCacheComplete = process is not null && !groups.Any(group => group.Values.Any(value => value.IsNull)),
            ProcessId = process,
        };
    }

    // Returns the census updated with what the cache has received since; null if the table must be queried again.
    private async ValueTask<TableCensus?> RenewAsync(TableCensus known, QueryPlan plan, CancellationToken cancellationToken)
    {
        if (known is not { IsCacheComplete: true, Cache: { } cache }
            || !(await caches.ListLastAsync(plan.Query.Measurement, cancellationToken).ConfigureAwait(false)).Any(cache.IsSameAs))
        {
            return null;
        }

        DateTimeOffset now = clock.GetUtcNow();
        if (await caches.ReadAsync(plan, cache, cancellationToken).ConfigureAwait(false) is not { } cached
            || await ProcessAsync(cancellationToken).ConfigureAwait(false) != known.ProcessId)
        {
            return null;
        }

        ConcurrentDictionary<GroupKey, GroupFacts> facts = new(known.Facts);
        foreach ((GroupKey group, long newest) in cached)
        {
            // A known group that hasn't been counted yet is counted when needed. Of a new group the cache has received every row,
            // so it needs no count.
            bool isCounted = facts.TryGetValue(group, out GroupFacts before);
            if (isCounted || !known.Groups.Contains(group))
            {
                before = isCounted ? before : GroupFacts.None;
                facts[group] = before with { Position = Math.Max(before.Position, newest) };
            }
        }

        return known with { Groups = known.Groups.Union(cached.Keys).ToHashSet(), Facts = facts, RenewedAt = now, Compared = null };
    }

    private async ValueTask<string?> ProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await influx.ProbeAsync(cancellationToken).ConfigureAwait(false)).ProcessId;
        }
        catch (InfluxException)
        {
            // A proxy may allow nothing but queries. Without the process id, the cache is not relied on.
            return null;
        }
    }

    // The time is declared as a field here, so that its maximum can be queried like that of any other column.
    private async ValueTask<Dictionary<GroupKey, GroupFacts>> CountAsync(QueryPlan plan, ColumnFilter[] filters, CancellationToken cancellationToken)
    {
        Aggregate[] counts = [new(AggregateFunction.Count, null, RowsColumn), new(AggregateFunction.Maximum, TimeColumn, NewestColumn)];
        StoreQuery query = new(plan.Query.Measurement)
        {
            Start = await reader.LookBackAsync(plan.Query.Measurement, null, cancellationToken).ConfigureAwait(false),
            Filters = filters,
            Aggregation = new Aggregation(counts, plan.GroupBy),
        };
        Dictionary<string, FieldKind> fields = new(plan.Schema.Fields, StringComparer.Ordinal) { [TimeColumn] = FieldKind.String };
        Dictionary<GroupKey, GroupFacts> facts = [];
        await foreach (StoreRow row in reader.ReadAsync(QueryPlan.For(query, plan.Schema with { Fields = fields })!, cancellationToken).ConfigureAwait(false))
        {
            long newest = WireTime.TryParse(System.Text.Encoding.UTF8.GetBytes(row[NewestColumn].AsString() ?? ""), out long time) ? time : long.MinValue;
            facts[LatestRows.KeyOf(plan, row)] = new(newest, row[RowsColumn].AsInt64() ?? long.MaxValue, newest);
        }

        return facts;
    }
}
