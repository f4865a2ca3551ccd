using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>
/// Finds the newest rows of each group, or the existing groups, in InfluxDB 3 without reading a table's whole history: backwards
/// in time, in ranges of increasing length. The newest range of the table is read completely; in each older range, only the
/// groups that are still incomplete and that have rows there according to a census. The server's caches only help to keep the
/// census up to date.
/// </summary>
internal sealed class LatestReader
{
    private static readonly long s_hour = UnixTime.ToNanoseconds(TimeSpan.FromHours(1));

    // 30 seconds, 5 minutes, an hour, a day. If samples are a few seconds apart, the first range contains the whole answer and
    // little else; if they are a minute apart, the second does.
    private static readonly long[] s_steps = [s_hour / 120, s_hour / 12, s_hour, 24 * s_hour];
    private readonly SqlReader _reader;
    private readonly AskSql _ask;
    private readonly ConnectionOptions _options;

    /// <summary>Creates a reader for one server.</summary>
    public LatestReader(InfluxQuery influx, SqlReader reader, AskSql ask, ConnectionOptions options, TimeProvider clock)
    {
        _reader = reader;
        _ask = ask;
        _options = options;
        Caches = new CacheReader(ask, new TableCachesReader(influx, clock));
        Census = new CensusReader(influx, reader, Caches, clock);
    }

    /// <summary>Reads the server's caches.</summary>
    public CacheReader Caches { get; }

    /// <summary>Determines which groups the tables have.</summary>
    public CensusReader Census { get; }

    /// <summary>Returns the newest rows of each group, ordered by group, newest first.</summary>
    public async IAsyncEnumerable<StoreRow> ReadLatestAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        LatestRows found = new(plan);

        // The census applies to the present only, and to conditions on the group's own columns.
        bool isOfNow = query.Start is null && (query.Finish is null || query.Finish >= _reader.Now);
        if (isOfNow && GroupFilter.Of(plan) is { } filter)
        {
            await ReadByCensusAsync(plan, filter, found, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await ReadBackwardsAsync(plan, found, AskIncompleteAsync, cancellationToken).ConfigureAwait(false);
        }

        foreach (StoreRow row in found.InOrder().Skip(query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }

        async ValueTask<List<GroupKey>> AskIncompleteAsync(Slice range, long back) => await ReadIncompleteAsync(plan, range, found, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the distinct combinations of tags, sorted.</summary>
    public async IAsyncEnumerable<StoreRow> ReadDistinctAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        SortedDictionary<FieldValue[], StoreRow> distinct = new(TagOrder.Instance);
        if (query is { Start: null, Finish: null } && GroupFilter.Of(plan) is { } filter)
        {
            TableCensus census = await Census.GetAsync(plan, cancellationToken).ConfigureAwait(false);
            RowLayout layout = new(plan.GroupBy);
            foreach (GroupKey group in census.Groups.Where(filter.Matches))
            {
                distinct.TryAdd(group.Values, new StoreRow(layout, null, group.Values));
            }

            // Read what was written since, with an overlap of five minutes because clocks differ slightly.
            query = query with { Start = UnixTime.ToNanoseconds(census.RenewedAt) - s_steps[1] };
        }

        query = query with { Start = query.Start ?? await _reader.LookBackAsync(query.Measurement, query.Finish, cancellationToken).ConfigureAwait(false) };
        QueryPlan rest = QueryPlan.For(query with { Skip = 0, Limit = null }, plan.Schema)!;
        await foreach (StoreRow row in _reader.ReadAsync(rest, cancellationToken).ConfigureAwait(false))
        {
            distinct.TryAdd(LatestRows.KeyOf(plan, row).Values, row);
        }

        foreach (StoreRow row in distinct.Values.Skip(plan.Query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }
    }

    /// <summary>Called with the points that this process has written.</summary>
    public void Wrote(IReadOnlyList<Point> points) => Census.Forget(points, _reader.Now - s_steps[0]);

    // The census is taken while the newest range is being read.
    private async ValueTask ReadByCensusAsync(QueryPlan plan, GroupFilter filter, LatestRows found, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<TableCensus> taking = Census.GetAsync(plan, stop.Token).AsTask();
        try
        {
            await ReadBackwardsAsync(plan, found, WantedAsync, cancellationToken).ConfigureAwait(false);
            TableCensus census = await taking.ConfigureAwait(false);
            if (plan.Query.Observer is { } observer
                && await Census.CompareAsync(plan, census, census.Newest(found), cancellationToken).ConfigureAwait(false) is { } shortfall)
            {
                observer.OnDetail($"{shortfall.ToString(plan.Query.Measurement)} The table is read for them.");
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async ValueTask<List<GroupKey>> WantedAsync(Slice range, long back)
        {
            TableCensus census = await taking.ConfigureAwait(false);

            // Rows are counted only after the last five minutes have been read: if samples are a minute apart, the first range
            // leaves every group incomplete, and the missing rows are found within those minutes.
            if (back >= s_steps[1])
            {
                await Census.CountAsync(plan, census, census.Uncounted(found, filter), cancellationToken).ConfigureAwait(false);
            }

            return census.SelectGroups(found, filter, range, _reader.Now - s_hour);
        }
    }

    private async ValueTask ReadBackwardsAsync(
        QueryPlan plan, LatestRows found, Func<Slice, long, ValueTask<List<GroupKey>>> wanted, CancellationToken cancellationToken)
    {
        IReadOnlyList<Slice> ranges = await RangesAsync(plan.Query, cancellationToken).ConfigureAwait(false);
        Stack<Slice> rest = new(ranges.Reverse());
        bool isFirst = true;
        while (rest.TryPop(out Slice range))
        {
            try
            {
                await ReadRangeAsync(plan, range, found, isFirst ? null : () => wanted(range, ranges[0].To - range.To), cancellationToken).ConfigureAwait(false);
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

    private async ValueTask ReadRangeAsync(
        QueryPlan plan, Slice range, LatestRows found, Func<ValueTask<List<GroupKey>>>? wanted, CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query with { Start = range.Start, Finish = range.Finish, Skip = 0, Limit = null };
        if (wanted is not null && plan.GroupBy.Count > 0)
        {
            List<GroupKey> incomplete = await wanted().ConfigureAwait(false);
            if (incomplete.Count == 0)
            {
                return;
            }

            query = query with { Filters = [.. query.Filters, .. GroupFilter.Narrow(plan, incomplete)] };
        }
        else if (wanted is not null && found.IsComplete)
        {
            return;
        }

        await foreach (StoreRow row in _ask(QueryPlan.For(query, plan.Schema)!, null, cancellationToken).ConfigureAwait(false))
        {
            found.Add(row);
        }
    }

    // Finds out which incomplete groups have rows in the range at all; this is cheap, since only tags are read.
    private async ValueTask<List<GroupKey>> ReadIncompleteAsync(QueryPlan plan, Slice range, LatestRows found, CancellationToken cancellationToken)
    {
        List<GroupKey> incomplete = [];
        StoreQuery groups = plan.Query with { Start = range.Start, Finish = range.Finish, Skip = 0, Limit = null, Latest = null, Columns = null, Distinct = plan.GroupBy };
        await foreach (StoreRow row in _ask(QueryPlan.For(groups, plan.Schema)!, null, cancellationToken).ConfigureAwait(false))
        {
            if (found.Wants(row))
            {
                incomplete.Add(LatestRows.KeyOf(plan, row));
            }
        }

        return incomplete;
    }

    // Newest first. Without a start, the search is limited by the look-back if the table is too large to be read with one query.
    private async ValueTask<IReadOnlyList<Slice>> RangesAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        TableFiles? files = await _reader.FilesAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        bool areFew = files is { AreFew: true };
        bool isOpen = query.Start is null && areFew;
        long end = Math.Min(query.Finish ?? long.MaxValue, _reader.End(files));
        long lookBack = end - UnixTime.ToNanoseconds(_options.LookBack);
        long oldest = query.Start ?? (isOpen ? Math.Min(files!.Oldest ?? lookBack, lookBack) : lookBack);
        long slice = UnixTime.ToNanoseconds(_options.SliceLength);
        long length = areFew ? long.MaxValue : files?.LengthFor(slice) ?? slice;
        List<Slice> ranges = [];
        long to = end;
        foreach (long back in s_steps.Where(back => end - back > oldest))
        {
            Add(end - back);
        }

        while (to > oldest)
        {
            Add(length > to - oldest ? oldest : to - length);
        }

        if (ranges.Count == 0)
        {
            // The start lies after the end: look for rows that are ahead of this machine's clock.
            ranges.Add(new Slice(oldest, query.Finish ?? oldest + 1, IsOpenAtFinish: query.Finish is null));
        }

        if (isOpen)
        {
            ranges[^1] = ranges[^1] with { IsOpenAtStart = true };
        }

        return ranges;

        // The first range extends to the query's own end, since rows may be slightly ahead of this machine's clock.
        void Add(long from)
        {
            ranges.Add(new Slice(from, ranges.Count == 0 ? query.Finish ?? to : to, IsOpenAtFinish: ranges.Count == 0 && query.Finish is null));
            to = from;
        }
    }
}
