using System.Collections.Concurrent;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Asks a table for its groups, and remembers them. The table is asked, as far back as is looked, since a cache of InfluxDB 3
/// knows only what was written after it was made or after the server started, and says nothing of that. Its tags alone are
/// read for it; where the newest rows lie is counted only of groups that lack rows. From then on, while the server's process
/// is the same, a cache does hear of each write: after a minute it is asked what has come since, and the table is asked again
/// only where there is no such cache, or after an hour.
/// </summary>
internal sealed class CensusReader(InfluxQuery influx, SqlReader reader, CacheReader caches, TimeProvider clock)
{
    private const string RowsColumn = "vmstats rows";
    private const string NewestColumn = "vmstats newest";
    private const string TimeColumn = "time";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);

    // Deletions, and rows without one of the cache's keys, are heard of by no cache.
    private static readonly TimeSpan s_askAgain = TimeSpan.FromHours(1);
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

        TableCensus? renewed = known is not null && now - known.TakenAt < s_askAgain
            ? await RenewAsync(known, plan, cancellationToken).ConfigureAwait(false)
            : null;
        return _known[name] = renewed ?? await TakeAsync(plan, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Counts the rows of all groups of a table, whatever is remembered, and finds the newest of each.</summary>
    public ValueTask<Dictionary<GroupKey, GroupFacts>> CountAsync(QueryPlan plan, CancellationToken cancellationToken) => CountAsync(plan, [], cancellationToken);

    /// <summary>Counts the rows of some groups, and adds what is known then to a census.</summary>
    public async ValueTask CountAsync(QueryPlan plan, TableCensus census, IReadOnlyCollection<GroupKey> groups, CancellationToken cancellationToken)
    {
        if (groups.Count == 0)
        {
            return;
        }

        Dictionary<GroupKey, GroupFacts> facts = await CountAsync(plan, GroupFilter.Narrow(plan, groups), cancellationToken).ConfigureAwait(false);
        foreach (GroupKey group in groups.Union(facts.Keys))
        {
            // Where it has no row any more, it was deleted meanwhile.
            census.Facts.TryAdd(group, facts.TryGetValue(group, out GroupFacts known) ? known : GroupFacts.None);
        }
    }

    /// <summary>What the cache lacks of the groups of which it is known how new they are; null where it lacks nothing or isn't there.</summary>
    /// <param name="plan">What is asked.</param>
    /// <param name="census">The table's groups.</param>
    /// <param name="newest">The time of the newest row of each.</param>
    /// <param name="cancellationToken">Ends the query.</param>
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
        // What is true of cache and process before is true of all that is written while the table is read.
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

            // Rows without one of the keys are in no cache.
            IsCacheComplete = process is not null && !groups.Any(group => group.Values.Any(value => value.IsNull)),
            ProcessId = process,
        };
    }

    // The groups with what the cache has heard of since; null where the table must be asked again.
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
            // One that isn't counted yet is when that is needed; of one that is new all that there is was heard of.
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
            // A proxy may let nothing but queries pass. Without it nothing is left to the cache.
            return null;
        }
    }

    // The time is a column as others are to who counts.
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
