using System.Globalization;
using System.Text.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>Ranges beyond the number of files that InfluxDB 3 Core reads for one query.</summary>
public sealed class Influx3SliceTests(LongTable table) : IClassFixture<LongTable>
{
    private const long Hour = 3600 * UnixTime.NanosecondsPerSecond;
    private const long Day = 24 * Hour;

    private static readonly Aggregate[] s_aggregates =
    [
        new(AggregateFunction.Count, null, "rows"), new(AggregateFunction.Count, "load", "n"), new(AggregateFunction.Average, "load", "avg"),
        new(AggregateFunction.Minimum, "cputime", "min"), new(AggregateFunction.Maximum, "cputime", "max"), new(AggregateFunction.Sum, "cputime", "sum"),
        new(AggregateFunction.First, "cputime", "first"), new(AggregateFunction.Last, "load", "last"),
    ];

    private readonly Observer _observer = new();

    private StoreQuery All => new("vm_totals") { Columns = ["cputime"], Filters = [ColumnFilter.In("name", "live")], Start = table.First, Finish = table.End, Observer = _observer };

    [SkippableTheory]
    [InlineData(432, false)]
    [InlineData(40, false)]
    [InlineData(40, true)]
    [InlineData(6, true)]
    public async Task A_long_range_comes_whole_and_in_order_however_little_the_server_reads_at_once(int fileLimit, bool descending)
    {
        await using ITelemetryStore store = table.Open(fileLimit);
        List<StoreRow> rows = await ReadAsync(store, All with { Descending = descending });
        IEnumerable<long> expected = Enumerable.Range(0, LongTable.Rows).Select(i => (long)i);
        Assert.Equal(descending ? expected.Reverse() : expected, rows.Select(row => row["cputime"].AsInt64()!.Value));
        QueryProgress last = _observer.Progress[^1];
        Assert.True(last.Done == last.Total && last.Total >= 3, $"{last}");
        Assert.Equal(Enumerable.Range(0, last.Total + 1), _observer.Progress.Select(progress => progress.Done));
        Assert.Empty(_observer.Warnings);
    }

    [Fact]
    public void A_slice_is_no_shorter_than_a_file() =>
        Assert.Equal(TimeSpan.FromMinutes(10), new ConnectionOptions { SliceLength = TimeSpan.FromMilliseconds(1) }.SliceLength);

    [SkippableFact]
    public async Task An_open_range_is_cut_as_well()
    {
        await using ITelemetryStore store = table.Open(100);
        Assert.Equal(LongTable.Rows, (await ReadAsync(store, All with { Start = null, Finish = null })).Count);
    }

    [SkippableFact]
    public async Task A_limit_ends_the_reading_and_a_page_may_cross_slices()
    {
        await using ITelemetryStore store = table.Open(432);
        int before = table.RowStatements;
        List<StoreRow> newest = await ReadAsync(store, All with { Descending = true, Limit = 3 });
        Assert.Equal([LongTable.Rows - 1L, LongTable.Rows - 2L, LongTable.Rows - 3L], newest.Select(row => row["cputime"].AsInt64()!.Value));
        Assert.Equal(1, table.RowStatements - before);

        List<StoreRow> page = await ReadAsync(store, All with { Skip = 200, Limit = 100 });
        Assert.Equal(Enumerable.Range(200, 100).Select(i => (long)i), page.Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableTheory]
    [InlineData(Hour, false)]
    [InlineData(5 * Hour, false)]
    [InlineData(5 * Hour, true)]
    [InlineData(2 * Day, false)]
    [InlineData(2 * Day, true)]
    [InlineData(null, false)]
    public async Task Aggregates_of_slices_are_those_of_the_whole(long? interval, bool descending)
    {
        StoreQuery query = All with { Columns = null, Filters = [], Descending = descending, Aggregation = new Aggregation(s_aggregates, ["name"], interval) };
        await using ITelemetryStore whole = table.Open(10_000, TimeSpan.FromDays(365));
        List<string> expected = (await ReadAsync(whole, query)).Select(Text).ToList();
        Assert.Empty(_observer.Progress);
        await using ITelemetryStore sliced = table.Open(30);
        List<string> merged = (await ReadAsync(sliced, query)).Select(Text).ToList();
        Assert.NotEmpty(_observer.Progress);
        Assert.Equal(expected, merged);
    }

    [SkippableFact]
    public async Task Rates_of_slices_are_those_of_the_whole()
    {
        Aggregate[] aggregates = [new(AggregateFunction.Count, "cputime", "n"), new(AggregateFunction.Average, "cputime", "avg"), new(AggregateFunction.Maximum, "cputime", "max")];
        StoreQuery query = All with { Columns = null, Aggregation = new Aggregation(aggregates, ["name"]) { Rates = new CounterRates("cputime", 3 * Hour) } };
        await using ITelemetryStore sliced = table.Open(30);
        StoreRow row = Assert.Single(await ReadAsync(sliced, query));
        Assert.NotEmpty(_observer.Progress);
        Assert.Equal(LongTable.Rows - 1, row["n"].AsInt64());
        await using ITelemetryStore whole = table.Open(10_000, TimeSpan.FromDays(365));
        StoreRow expected = Assert.Single(await ReadAsync(whole, query));
        Assert.Equal(expected["max"], row["max"]);
        Assert.Equal(expected["avg"].AsDouble()!.Value, row["avg"].AsDouble()!.Value, 1e-12);
    }

    [SkippableFact]
    public async Task What_the_server_cannot_see_any_more_is_warned_of()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        await using ITelemetryStore store = table.Open(432);
        Assert.Equal(LongTable.Rows, (await ReadAsync(store, All with { Start = table.First - (60 * Day) })).Count);
        string warning = Assert.Single(_observer.Warnings);
        Assert.Contains("gen1-lookback-duration", warning, StringComparison.Ordinal);
        Assert.Contains($"{UnixTime.FromNanoseconds(table.First):u}", warning, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_slice_that_breaks_off_is_an_error_and_reading_may_stop_at_any_row()
    {
        await using ITelemetryStore store = table.Open(432);
        await foreach (StoreRow row in store.QueryAsync(All, default))
        {
            Assert.Equal(0, row["cputime"].AsInt64());
            break;
        }

        table.Server.AnswerCutOff("{\"time\":\"2026-01-01T00:00:00\",\"cputime\":1}\n{\"ti");
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => ReadAsync(store, All));
        Assert.Equal("InfluxAnswerCutOff", failure.ErrorId);
    }

    [SkippableFact]
    public async Task The_latest_rows_and_the_groups_are_found_without_reading_the_history()
    {
        await using ITelemetryStore store = table.Open(150);
        int before = table.Server.Requests.Count;
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals") { Latest = new LatestPerGroup(["uuid"], 2), Columns = ["cputime", "name"] });
        Assert.Equal(
            [$"u-live {LongTable.Rows - 1}", $"u-live {LongTable.Rows - 2}", "u-silent 9", "u-silent 8"],
            rows.Select(row => $"{row["uuid"]} {row["cputime"]}"));
        List<StoreRow> distinct = await ReadAsync(store, new StoreQuery("vm_totals") { Distinct = ["uuid"] });
        Assert.Equal(["u-live", "u-silent"], distinct.Select(row => row["uuid"].AsString()));

        string[] statements =
        [
            .. table.Server.Requests.Skip(before).Where(request => request.Body.Length > 0)
                .Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("q").GetString()!)
                .Where(sql => sql.Contains("FROM \"vm_totals\"", StringComparison.Ordinal)),
        ];
        Assert.All(statements, sql => Assert.Contains("\"time\" >=", sql, StringComparison.Ordinal));
    }

    // An average of parts differs from one over all values in its last digits.
    private static string Text(StoreRow row) => $"{row.Time} {row["name"]} " + string.Join(' ', s_aggregates.Select(aggregate =>
        row[aggregate.Name].ToObject() is double number ? number.ToString("G12", CultureInfo.InvariantCulture) : row[aggregate.Name].ToString()));

    private static async Task<List<StoreRow>> ReadAsync(ITelemetryStore store, StoreQuery query)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            rows.Add(row);
        }

        return rows;
    }

    private sealed class Observer : IQueryObserver
    {
        public List<QueryProgress> Progress { get; } = [];

        public List<string> Warnings { get; } = [];

        public void OnProgress(QueryProgress progress) => Progress.Add(progress);

        public void OnWarning(string text) => Warnings.Add(text);
    }
}

/// <summary>A table whose rows lie in more files than InfluxDB 3 Core likes: one VM each ten minutes for nearly three days, and one that fell silent.</summary>
public sealed class LongTable : IAsyncLifetime
{
    public const int Rows = 400;

    private const long Step = 600 * UnixTime.NanosecondsPerSecond;
    private readonly Influx3Server _influx = new();
    private ConnectionOptions? _options;

    public Influx3StandIn Server => _influx.Server;

    /// <summary>Time of the first row.</summary>
    public long First { get; private set; }

    /// <summary>Time after the last row.</summary>
    public long End => First + (Rows * Step);

    /// <summary>Statements so far that read rows of the table.</summary>
    public int RowStatements => Server.Requests.Count(request => request.Body.Contains("ORDER BY \\u0022time\\u0022", StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        await _influx.InitializeAsync();
        if (Influx3StandIn.WhyNotExecuting is not null)
        {
            return;
        }

        _options = _influx.NewOptions();
        First = (UnixTime.ToNanoseconds(DateTimeOffset.UtcNow) / Step * Step) - (Rows * Step);
        PointShape shape = new("vm_totals", ["name", "uuid"], ["cputime", "load"]);
        IEnumerable<Point> live = Enumerable.Range(0, Rows).Select(i =>
            new Point(shape, First + (i * Step), ["live", "u-live"], [FieldValue.From((long)i), i % 3 == 0 ? FieldValue.Null : FieldValue.From(i * 0.1)]));
        IEnumerable<Point> silent = Enumerable.Range(0, 10).Select(i =>
            new Point(shape, First + (i * Step) + 1, ["silent", "u-silent"], [FieldValue.From((long)i), FieldValue.From(1.5)]));
        await using ITelemetryStore store = Open(432);
        await store.WriteAsync([.. live, .. silent], default);
    }

    public Task DisposeAsync() => _influx.DisposeAsync();

    /// <summary>A store over the table.</summary>
    internal ITelemetryStore Open(int fileLimit, TimeSpan? sliceLength = null)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Server.FileLimit = fileLimit;
        ConnectionOptions options = sliceLength is TimeSpan length ? _options! with { SliceLength = length } : _options!;
        return StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
    }
}
