using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;

namespace VmStats.Stores.Sliced;

/// <summary>
/// Finds the newest rows of each group, and the groups there are, in InfluxDB 3 without reading a table's history: from the
/// server's caches where it has them, else backwards in time in ranges that grow, where after the first only the groups
/// that are not complete yet are read.
/// </summary>
internal sealed class LatestReader(InfluxQuery influx, SqlReader reader, AskSql ask, ConnectionOptions options, TimeProvider clock)
{
    // More values than these in a condition cost more than the rows that they keep away.
    private const int MostValues = 500;
    private static readonly long s_hour = UnixTime.ToNanoseconds(TimeSpan.FromHours(1));
    private readonly TableCachesReader _caches = new(influx, clock);

    /// <summary>The newest rows of each group, by group, newest first.</summary>
    public async IAsyncEnumerable<StoreRow> ReadLatestAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        LatestRows found = new(plan);
        long? readBefore = null;
        TableCaches caches = await _caches.GetAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        LastValueCache? cache = caches.Last.Where(last => last.Answers(plan)).MaxBy(last => last.TimeToLive);
        if (cache is not null && await TryReadCacheAsync(plan, "last_cache", cache.Name, found.Add, cancellationToken).ConfigureAwait(false))
        {
            // What is younger than the cache's time to live is in it; silent groups may be older.
            readBefore = reader.Now - UnixTime.ToNanoseconds(cache.TimeToLive);
        }

        if (cache is null || readBefore is null || cache.TimeToLive < options.LookBack)
        {
            await ReadBackwardsAsync(plan, found, readBefore, cancellationToken).ConfigureAwait(false);
        }

        foreach (StoreRow row in found.InOrder().Skip(query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }
    }

    /// <summary>The distinct combinations of tags, in their order.</summary>
    public async IAsyncEnumerable<StoreRow> ReadDistinctAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        TableCaches caches = await _caches.GetAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        DistinctValueCache? cache = caches.Distinct.Where(distinct => distinct.MaxAge >= options.LookBack && distinct.Answers(plan)).MaxBy(distinct => distinct.MaxAge);
        Dictionary<GroupKey, StoreRow> distinct = [];
        if (cache is null || !await TryReadCacheAsync(plan, "distinct_cache", cache.Name, Add, cancellationToken).ConfigureAwait(false))
        {
            await foreach (StoreRow row in ReadGroupsAsync(WithoutPage(plan), cancellationToken).ConfigureAwait(false))
            {
                Add(row);
            }
        }

        foreach (StoreRow row in distinct.OrderBy(entry => entry.Key.Values, TagOrder.Instance).Select(entry => entry.Value)
            .Skip(query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }

        void Add(StoreRow row) => distinct.TryAdd(LatestRows.KeyOf(plan, row), row);
    }

    // Of a table that is too large for one query, as far back as it is looked.
    private async IAsyncEnumerable<StoreRow> ReadGroupsAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (plan.Query.Start is null && await reader.FilesAsync(plan.Query.Measurement, cancellationToken).ConfigureAwait(false) is not { AreFew: true } and var files)
        {
            plan = QueryPlan.For(plan.Query with { Start = (plan.Query.Finish ?? Anchor(files)) - UnixTime.ToNanoseconds(options.LookBack) }, plan.Schema)!;
        }

        await foreach (StoreRow row in reader.ReadAsync(plan, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }

    private static QueryPlan WithoutPage(QueryPlan plan) => QueryPlan.For(plan.Query with { Skip = 0, Limit = null }, plan.Schema)!;

    private async ValueTask<bool> TryReadCacheAsync(
        QueryPlan plan, string function, string name, Action<StoreRow> add, CancellationToken cancellationToken)
    {
        try
        {
            string source = InfluxSqlRenderer.Cache(function, plan.Query.Measurement, name);
            await foreach (StoreRow row in ask(WithoutPage(plan), source, cancellationToken).ConfigureAwait(false))
            {
                add(row);
            }

            return true;
        }
        catch (InfluxException e) when (e.ErrorId is "InfluxCacheNotFound" or "InfluxColumnNotFound")
        {
            // It was deleted meanwhile, or lacks a column that the table has got since.
            _caches.Forget(plan.Query.Measurement);
            return false;
        }
    }

    private async ValueTask ReadBackwardsAsync(QueryPlan plan, LatestRows found, long? readBefore, CancellationToken cancellationToken)
    {
        IReadOnlyList<Slice> ranges = await RangesAsync(plan.Query, readBefore, cancellationToken).ConfigureAwait(false);
        Stack<Slice> rest = new(ranges.Reverse());
        bool isFirst = readBefore is null;
        while (rest.TryPop(out Slice range))
        {
            try
            {
                await ReadRangeAsync(plan, range, found, isFirst, cancellationToken).ConfigureAwait(false);
                plan.Query.Observer?.OnProgress(new QueryProgress(plan.Query.Measurement, ranges.Count - Math.Min(rest.Count, ranges.Count), ranges.Count));
            }
            catch (InfluxException e) when (SqlReader.IsTooMuch(e) && range.TryHalve(1, out Slice older, out Slice newer))
            {
                rest.Push(older);
                rest.Push(newer);
                continue;
            }

            isFirst = false;
        }
    }

    private async ValueTask ReadRangeAsync(QueryPlan plan, Slice range, LatestRows found, bool isFirst, CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query with { Start = range.Start, Finish = range.Finish, Skip = 0, Limit = null };
        if (!isFirst && plan.GroupBy.Count > 0)
        {
            // Two columns of tags tell cheaply which groups are in the range at all.
            List<GroupKey> incomplete = [];
            QueryPlan groups = QueryPlan.For(query with { Latest = null, Columns = null, Distinct = plan.GroupBy }, plan.Schema)!;
            await foreach (StoreRow row in ask(groups, null, cancellationToken).ConfigureAwait(false))
            {
                if (found.Wants(row))
                {
                    incomplete.Add(LatestRows.KeyOf(plan, row));
                }
            }

            if (incomplete.Count == 0)
            {
                return;
            }

            query = query with { Filters = [.. query.Filters, .. Narrow(plan, incomplete)] };
        }
        else if (!isFirst && found.IsComplete)
        {
            return;
        }

        await foreach (StoreRow row in ask(QueryPlan.For(query, plan.Schema)!, null, cancellationToken).ConfigureAwait(false))
        {
            found.Add(row);
        }
    }

    // One tag that all of them have keeps most of the others away; whoever passes nevertheless is complete already.
    private static ColumnFilter[] Narrow(QueryPlan plan, List<GroupKey> groups)
    {
        for (int i = 0; i < plan.GroupBy.Count; i++)
        {
            FieldValue[] values = groups.Select(group => group.Values[i]).Distinct().Take(MostValues + 1).ToArray();
            if (values.Length <= MostValues && !values.Contains(FieldValue.Null))
            {
                return [new ColumnFilter([plan.GroupBy[i]], values)];
            }
        }

        return [];
    }

    // Newest first. An open start is bounded by the look-back where the table is too large to be read whole.
    private async ValueTask<IReadOnlyList<Slice>> RangesAsync(StoreQuery query, long? readBefore, CancellationToken cancellationToken)
    {
        TableFiles? files = await reader.FilesAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        bool areFew = files is { AreFew: true };
        long anchor = query.Finish ?? Anchor(files);
        long oldest = query.Start ?? (areFew ? Math.Min(files!.Oldest ?? anchor, anchor) - 1 : anchor - UnixTime.ToNanoseconds(options.LookBack));
        List<Slice> ranges = [];
        long to = anchor;
        long length = areFew ? long.MaxValue : files?.LengthFor(UnixTime.ToNanoseconds(options.SliceLength)) ?? UnixTime.ToNanoseconds(options.SliceLength);
        foreach (long back in (ReadOnlySpan<long>)[s_hour, 24 * s_hour])
        {
            Add(Math.Max(oldest, anchor - back));
        }

        while (to > oldest)
        {
            Add(length > to - oldest ? oldest : to - length);
        }

        bool isOpen = query.Start is null && areFew;
        if (isOpen && ranges.Count > 0)
        {
            ranges[^1] = ranges[^1] with { IsOpenAtStart = true };
        }

        return ranges;

        void Add(long from)
        {
            long finish = readBefore is long bound && bound < to ? bound : to;
            if (from < finish)
            {
                ranges.Add(new Slice(from, finish, IsOpenAtFinish: to == anchor && finish == to && query.Finish is null));
            }

            to = Math.Min(to, from);
        }
    }

    // A table that nobody writes to any more is looked at from its end.
    private long Anchor(TableFiles? files) => files?.Newest is long newest && newest < reader.Now - s_hour ? newest + 1 : reader.Now;
}
