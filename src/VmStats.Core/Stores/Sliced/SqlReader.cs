using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;

namespace VmStats.Stores.Sliced;

/// <summary>Runs one statement: a plan, and what it is read from where that isn't the table itself.</summary>
internal delegate IAsyncEnumerable<StoreRow> AskSql(QueryPlan plan, string? source, CancellationToken cancellationToken);

/// <summary>
/// Reads InfluxDB 3, whose Core refuses a query that would scan more than 432 files (72 hours at best): a longer range is
/// read in slices of time, a few at once, and its rows come in the order that one query would give.
/// </summary>
internal sealed class SqlReader(InfluxQuery influx, AskSql ask, ConnectionOptions options, TimeProvider clock)
{
    private const int AtOnce = 3;

    // How far back InfluxDB 3 looks for files when it starts, by default (--gen1-lookback-duration). It tells nobody what it is.
    private static readonly long s_serverLooksBack = UnixTime.ToNanoseconds(TimeSpan.FromDays(30));
    private static readonly long s_silent = UnixTime.ToNanoseconds(TimeSpan.FromHours(1));
    private readonly long _length = UnixTime.ToNanoseconds(options.SliceLength);
    private readonly TableFilesReader _files = new(influx, clock);

    /// <summary>The files of a table, or null where the server doesn't tell.</summary>
    public ValueTask<TableFiles?> FilesAsync(string table, CancellationToken cancellationToken) => _files.GetAsync(table, cancellationToken);

    /// <summary>Now, UTC nanoseconds.</summary>
    public long Now => UnixTime.ToNanoseconds(clock.GetUtcNow());

    /// <summary>The end of a table: now, or where nobody writes to it any more, after its last row. That is where the latest is looked for.</summary>
    /// <param name="files">The table's files, where they are known.</param>
    public long End(TableFiles? files) => files?.Newest is long newest && newest < Now - s_silent ? newest + 1 : Now;

    /// <summary>Where the search for the latest begins: nowhere, where one query may read the whole table, else as far back from its end as the connection says.</summary>
    public async ValueTask<long?> LookBackAsync(string table, long? finish, CancellationToken cancellationToken) =>
        await FilesAsync(table, cancellationToken).ConfigureAwait(false) is not { AreFew: true } and var files
            ? (finish ?? End(files)) - UnixTime.ToNanoseconds(options.LookBack)
            : null;

    /// <summary>True for a refusal that a shorter range may pass.</summary>
    public static bool IsTooMuch(InfluxException failure) => failure.ErrorId is "InfluxFileLimit" or "InfluxOutOfMemory";

    /// <summary>The rows, aggregates or distinct tags of a range of any length.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (Slice whole, long length) = await MeasureAsync(plan.Query, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Slice> slices = Bound(whole.To - whole.From <= length ? [whole] : whole.Cut(Aligned(length, plan.Query)), plan.Query);
        if (slices.Count == 1)
        {
            whole = slices[0];
            (IAsyncEnumerator<StoreRow>? opened, bool any) = await OpenAsync(plan, whole, cancellationToken).ConfigureAwait(false);
            if (opened is not null)
            {
                await using (opened.ConfigureAwait(false))
                {
                    for (; any; any = await opened.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield return opened.Current;
                    }
                }

                yield break;
            }

            slices = Halves(plan, whole);
        }

        await foreach (StoreRow row in ReadSlicesAsync(plan, slices, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }

    // Where the range begins and ends, and how long its slices may be.
    private async ValueTask<(Slice Whole, long Length)> MeasureAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        long now = Now;
        bool isShort = query.Start is long begin && (query.Finish ?? now) - begin <= _length;
        TableFiles? files = isShort && query.Start > now - s_serverLooksBack
            ? null
            : await _files.GetAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        Warn(query, files, now);

        // Before the oldest file and after now there is nothing to cut, though a few rows that are in no file yet may lie there.
        long newest = Math.Max(now, files?.Newest ?? now);
        long to = Math.Min(query.Finish ?? long.MaxValue, newest + 1);
        long oldest = files is null ? query.Start ?? now - UnixTime.ToNanoseconds(options.LookBack) : files.Oldest ?? newest;
        long from = Math.Min(Math.Max(query.Start ?? long.MinValue, oldest), to - 1);
        Slice whole = new(from, to, IsOpenAtStart: query.Start is null, IsOpenAtFinish: query.Finish is null);
        return (whole, isShort || files is { AreFew: true } ? long.MaxValue : files?.LengthFor(_length) ?? _length);
    }

    // The query's own bounds hold whatever was cut.
    private static Slice[] Bound(IReadOnlyList<Slice> slices, StoreQuery query)
    {
        Slice[] bound = [.. slices];
        bound[0] = bound[0] with { From = query.Start ?? bound[0].From };
        bound[^1] = bound[^1] with { To = query.Finish ?? bound[^1].To };
        return bound;
    }

    private static long Aligned(long length, StoreQuery query) =>
        query.Aggregation?.Interval is long width && width <= length ? length / width * width : length;

    private async IAsyncEnumerable<StoreRow> ReadSlicesAsync(
        QueryPlan plan, IReadOnlyList<Slice> slices, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        PartialAggregates? partial = query.Aggregation is null ? null : new PartialAggregates(plan);
        StoreQuery part = query with
        {
            Skip = 0,
            Limit = partial is not null || (query.Limit is null && query.Skip == 0) ? null : (int)Math.Min((long)query.Skip + (query.Limit ?? int.MaxValue), int.MaxValue),
            Aggregation = partial?.Parts(query.Aggregation!),
        };
        QueryPlan wanted = QueryPlan.For(part, plan.Schema)!;
        query.Observer?.OnProgress(new QueryProgress(query.Measurement, 0, slices.Count));
        IAsyncEnumerable<StoreRow> rows = SliceRunner.RunAsync(
            query.Descending ? [.. slices.Reverse()] : slices,
            (slice, token) => ReadSliceAsync(wanted, slice, token),
            query.Limit is null ? AtOnce : 1, // What lies beyond the limit is not read at all.
            done => query.Observer?.OnProgress(new QueryProgress(query.Measurement, done, slices.Count)),
            cancellationToken);
        rows = partial?.MergeAsync(rows, cancellationToken) ?? rows;
        await foreach (StoreRow row in RowOperators.PageAsync(rows, query.Skip, query.Limit, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }

    private async IAsyncEnumerable<StoreRow> ReadSliceAsync(QueryPlan plan, Slice slice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (IAsyncEnumerator<StoreRow>? opened, bool any) = await OpenAsync(plan, slice, cancellationToken).ConfigureAwait(false);
        if (opened is null)
        {
            IReadOnlyList<Slice> halves = Halves(plan, slice);
            foreach (Slice half in plan.Query.Descending ? halves.Reverse() : halves)
            {
                await foreach (StoreRow row in ReadSliceAsync(plan, half, cancellationToken).ConfigureAwait(false))
                {
                    yield return row;
                }
            }

            yield break;
        }

        await using (opened.ConfigureAwait(false))
        {
            for (; any; any = await opened.MoveNextAsync().ConfigureAwait(false))
            {
                yield return opened.Current;
            }
        }
    }

    // The server refuses before the first row. Null when it did, and the slice can be cut.
    private async ValueTask<(IAsyncEnumerator<StoreRow>? Rows, bool Any)> OpenAsync(QueryPlan plan, Slice slice, CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query with { Start = slice.Start, Finish = slice.Finish };
        if (QueryPlan.For(query, plan.Schema) is not { } part)
        {
            return (AsyncEnumerable.Empty, false);
        }

        IAsyncEnumerator<StoreRow> rows = ask(part, null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            return (rows, await rows.MoveNextAsync().ConfigureAwait(false));
        }
        catch (Exception e)
        {
            await rows.DisposeAsync().ConfigureAwait(false);
            if (e is InfluxException failure && IsTooMuch(failure) && Halves(plan, slice).Count > 1)
            {
                return (null, false);
            }

            throw;
        }
    }

    // At a bucket's edge where there is one inside; else anywhere, since parts of a bucket are merged.
    private static IReadOnlyList<Slice> Halves(QueryPlan plan, Slice slice)
    {
        if (plan.Query.Aggregation?.Interval is long width && slice.TryHalve(width, out Slice first, out Slice second))
        {
            return [first, second];
        }

        return slice.TryHalve(1, out first, out second) ? [first, second] : [slice];
    }

    private void Warn(StoreQuery query, TableFiles? files, long now)
    {
        if (query.Observer is null || query.Start is not long start || start >= now - s_serverLooksBack || files?.Oldest <= start || influx.Build == "Enterprise")
        {
            return;
        }

        string known = files?.Oldest is long oldest
            ? $"the oldest file of {query.Measurement} that it knows begins at {UnixTime.FromNanoseconds(oldest):u}"
            : $"it names no file of {query.Measurement}";
        query.Observer.OnWarning(
            $"The range begins at {UnixTime.FromNanoseconds(start):u}, but {known}. InfluxDB 3 Core looks back a month when it starts (--gen1-lookback-duration): what is older may be missing here though it is stored.");
    }

    private sealed class AsyncEnumerable : IAsyncEnumerator<StoreRow>
    {
        public static AsyncEnumerable Empty { get; } = new();

        public StoreRow Current => throw new InvalidOperationException("There is no row.");

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync() => default;
    }
}
