using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>Runs a plan as one statement, on the table itself or on <paramref name="source"/>.</summary>
internal delegate IAsyncEnumerable<StoreRow> AskSql(QueryPlan plan, string? source, CancellationToken cancellationToken);

/// <summary>
/// Reads from InfluxDB 3. Core refuses a query that would scan more than 432 files (72 hours at best), so a longer range is read
/// in slices of time, a few at once, and its rows are returned in the order in which a single query would return them.
/// </summary>
internal sealed class SqlReader(InfluxQuery influx, SqlStatements statements, ConnectionOptions options, TimeProvider clock)
{
    // How far back InfluxDB 3 looks for files when it starts, by default (--gen1-lookback-duration). The server doesn't report the setting.
    private static readonly long s_serverLooksBack = UnixTime.ToNanoseconds(TimeSpan.FromDays(30));
    private static readonly long s_silent = UnixTime.ToNanoseconds(TimeSpan.FromHours(1));
    private readonly long _length = UnixTime.ToNanoseconds(options.SliceLength);
    private readonly TableFilesReader _files = new(influx, clock);

    /// <summary>Returns the files of a table, or null if the server doesn't report them.</summary>
    public ValueTask<TableFiles?> FilesAsync(string table, CancellationToken cancellationToken) => _files.GetAsync(table, cancellationToken);

    /// <summary>The current time, UTC nanoseconds.</summary>
    public long Now => UnixTime.ToNanoseconds(clock.GetUtcNow());

    /// <summary>
    /// Returns the end of a table, from which the newest rows are searched backwards: the current time, or just after the last
    /// row if that is more than an hour old.
    /// </summary>
    /// <param name="files">The table's files, if known.</param>
    public long End(TableFiles? files) => files?.Newest is long newest && newest < Now - s_silent ? newest + 1 : Now;

    /// <summary>
    /// Returns the time at which the search for the newest rows may stop: null if one query may read the whole table, otherwise
    /// the connection's look-back before <paramref name="finish"/> or before the table's end.
    /// </summary>
    public async ValueTask<long?> LookBackAsync(string table, long? finish, CancellationToken cancellationToken) =>
        await FilesAsync(table, cancellationToken).ConfigureAwait(false) is not { AreFew: true } and var files
            ? (finish ?? End(files)) - UnixTime.ToNanoseconds(options.LookBack)
            : null;

    /// <summary>True for an error that may not occur with a shorter range.</summary>
    public static bool IsTooMuch(InfluxException failure) => failure.ErrorId is ErrorIds.InfluxFileLimit or ErrorIds.InfluxOutOfMemory;

    /// <summary>Queries the rows, aggregates or distinct tags of a range of any length, and waits for the first row.</summary>
    public async ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        IReadOnlyList<Slice> slices = await CutAsync(plan.Query, cancellationToken).ConfigureAwait(false);
        if (slices.Count == 1)
        {
            try
            {
                return await statements.OpenAsync(plan, null, cancellationToken).ConfigureAwait(false);
            }
            catch (InfluxException e) when (IsTooMuch(e) && Halves(plan, slices[0]).Count > 1)
            {
                slices = Halves(plan, slices[0]);
            }
        }

        IAsyncEnumerable<StoreRow> rows = plan.Query.Aggregation is null
            ? Influx3RowsQuery.ReadAsync(this, plan, slices, cancellationToken)
            : Influx3AggregateQuery.ReadAsync(this, plan, slices, cancellationToken);
        return await OpenedRows.OpenAsync(rows, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Like <see cref="OpenAsync"/>, but the query is sent only when the rows are enumerated.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        OpenedRows opened = await OpenAsync(plan, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                yield return opened.Rows.Current;
            }
        }
    }

    /// <summary>Reads a slice into a channel; in halves, if the server refuses it as too large.</summary>
    public async Task ReadAsync(QueryPlan plan, Slice slice, ChannelWriter<StoreRow> rows, CancellationToken cancellationToken)
    {
        if (await TryOpenAsync(plan, slice, cancellationToken).ConfigureAwait(false) is not { } opened)
        {
            IReadOnlyList<Slice> halves = Halves(plan, slice);
            foreach (Slice half in plan.Query.Descending ? halves.Reverse() : halves)
            {
                await ReadAsync(plan, half, rows, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                await rows.WriteAsync(opened.Rows.Current, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Returns the slices in which the range is read. The query's own bounds are kept, however it is split.
    private async ValueTask<IReadOnlyList<Slice>> CutAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        long now = Now;
        bool isShort = query.Start is long begin && (query.Finish ?? now) - begin <= _length;
        TableFiles? files = isShort && query.Start > now - s_serverLooksBack
            ? null
            : await _files.GetAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        Warn(query, files, now);

        // Nothing before the oldest file or after the current time needs to be split, although a few rows that aren't in a file yet may lie there.
        long newest = Math.Max(now, files?.Newest ?? now);
        long to = Math.Min(query.Finish ?? long.MaxValue, newest + 1);
        long oldest = files is null ? query.Start ?? now - UnixTime.ToNanoseconds(options.LookBack) : files.Oldest ?? newest;
        long from = Math.Min(Math.Max(query.Start ?? long.MinValue, oldest), to - 1);
        long length = isShort || files is { AreFew: true } ? long.MaxValue : files?.LengthFor(_length) ?? _length;
        if (to - from <= length)
        {
            return [new Slice(query.Start ?? from, query.Finish ?? to, query.Start is null, query.Finish is null)];
        }

        Slice[] slices = [.. new Slice(from, to, query.Start is null, query.Finish is null).Cut(Aligned(length, query))];
        slices[0] = slices[0] with { From = query.Start ?? slices[0].From };
        slices[^1] = slices[^1] with { To = query.Finish ?? slices[^1].To };
        return slices;
    }

    private static long Aligned(long length, StoreQuery query) =>
        query.Aggregation?.Interval is long width && width <= length ? length / width * width : length;

    // The server refuses a query before its first row. Returns null if it did, and the slice can be split.
    private async ValueTask<OpenedRows?> TryOpenAsync(QueryPlan plan, Slice slice, CancellationToken cancellationToken)
    {
        if (slice.Start >= slice.Finish)
        {
            return OpenedRows.None;
        }

        try
        {
            QueryPlan part = plan.With(plan.Query with { Start = slice.Start, Finish = slice.Finish });
            return await statements.OpenAsync(part, null, cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (IsTooMuch(e) && Halves(plan, slice).Count > 1)
        {
            return null;
        }
    }

    // At the boundary of a bucket if there is one inside, otherwise anywhere, since parts of a bucket are merged.
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
}
