using System.Text.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>InfluxDB 3's wire, byte for byte as documented, and its faults.</summary>
public sealed class Influx3WireTests : IAsyncLifetime
{
    private const string Token = "apiv3_s3cret-must-not-show";

    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(2);

    private Influx3StandIn _server = null!;
    private TimeSpan _timeout = TimeSpan.FromMinutes(1);

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_query_is_one_post_with_parameters_and_its_rows_are_read_as_written()
    {
        _server.Answer(
            200,
            """
            {"time":"2026-01-01T00:00:00.123456789","VMID":"7","cputime":9223372036854775807,"load":99.0,"big":18446744073709551615}
            {"time":"2026-01-01T00:00:01","VMID":"7","load":1.0e-6,"ok":true,"late":5,"nan":null}

            """);
        using InfluxQuery influx = Connect(Options());
        List<StoreRow> rows = [];
        await foreach (StoreRow row in influx.QuerySqlAsync(
            "SELECT * FROM vm_totals WHERE \"VMID\" = $id", new Dictionary<string, FieldValue> { ["id"] = FieldValue.From("x' OR '1'='1") }, default))
        {
            rows.Add(row);
        }

        StandInRequest request = Assert.Single(_server.Requests);
        Assert.Equal("POST /api/v3/query_sql", request.ToString());
        Assert.Equal($"Bearer {Token}", request.Headers["Authorization"]);
        Assert.True(!request.Headers.TryGetValue("Accept", out string? accept) || accept == "*/*", accept);
        using JsonDocument body = JsonDocument.Parse(request.Body);
        Assert.Equal(("vms", "jsonl", "x' OR '1'='1"), (body.RootElement.GetProperty("db").GetString(), body.RootElement.GetProperty("format").GetString(), body.RootElement.GetProperty("params").GetProperty("id").GetString()));

        Assert.Equal([1_767_225_600_123_456_789, 1_767_225_601_000_000_000], rows.Select(row => row.Time!.Value));
        Assert.Equal((long.MaxValue, 99.0, ulong.MaxValue), (rows[0]["cputime"].ToObject(), rows[0]["load"].ToObject(), rows[0]["big"].ToObject()));
        Assert.Equal((FieldKind.Float, true, 5L), (rows[1]["load"].Kind, rows[1]["ok"].ToObject(), rows[1]["late"].ToObject()));
        Assert.True(rows[1]["cputime"].IsNull && rows[1]["nan"].IsNull && rows[0]["late"].IsNull);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_an_error_and_never_a_short_result()
    {
        _server.AnswerCutOff("{\"time\":\"2026-01-01T00:00:00\",\"a\":1}\n{\"time\":\"2026-01-01T00:0");
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Equal(VmStatsErrorKind.Protocol, failure.Kind);
    }

    [Fact]
    public async Task An_answer_that_stalls_is_a_time_out()
    {
        _timeout = s_short;
        _server.AnswerStalled("{\"time\":\"2026-01-01T00:00:00\",\"a\":1}\n");
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Equal(VmStatsErrorKind.Timeout, failure.Kind);
    }

    [Fact]
    public async Task Bytes_that_trickle_and_never_make_a_row_are_a_time_out()
    {
        _timeout = s_short;
        _server.AnswerTrickled("{\"time\":\"2026-01-01T00:00:00\",\"a\":1,", TimeSpan.FromMilliseconds(200));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Equal(VmStatsErrorKind.Timeout, failure.Kind);
    }

    [Fact]
    public async Task Rows_that_come_slowly_are_no_time_out()
    {
        _timeout = s_short;
        _server.AnswerSlowly(Enumerable.Repeat("{\"time\":\"2026-01-01T00:00:00\",\"a\":1}\n", 6), TimeSpan.FromMilliseconds(500));
        await ReadAsync();
    }

    [Theory]
    [InlineData(401, "{\"error\": \"the request was not authenticated\"}", VmStatsErrorKind.Authentication)]
    [InlineData(403, "{\"error\": \"unauthorized to perform requested action with the token\"}", VmStatsErrorKind.PermissionDenied)]
    [InlineData(400, "SQL error: ParserError(\"Expected: an SQL statement, found: SELEC at Line: 1, Column: 1\")", VmStatsErrorKind.InvalidArgument)]
    [InlineData(400, "Error during planning: table 'public.iox.foo' not found", VmStatsErrorKind.NotFound)]
    [InlineData(404, "{\"error\":\"query error: database not found: foo\"}", VmStatsErrorKind.NotFound)]
    [InlineData(500, "External error: Query would scan 432 Parquet files, exceeding the file limit. ", VmStatsErrorKind.InvalidOperation)]
    [InlineData(500, "Schema error: No field named vmid. Column names are case sensitive.", VmStatsErrorKind.NotFound)]
    [InlineData(405, "This feature is not implemented: DELETE", VmStatsErrorKind.NotSupported)]
    [InlineData(503, "busy", VmStatsErrorKind.Unavailable)]
    [InlineData(429, "", VmStatsErrorKind.Unavailable)]
    public async Task A_refusal_keeps_the_servers_words_and_shows_no_token(int status, string body, VmStatsErrorKind kind)
    {
        _server.Answer(status, body);
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Equal((kind, status), (failure.Kind, (int)failure.StatusCode!));
        Assert.Equal(status is 503 or 429, failure.IsTransient);
        Assert.NotNull(failure.Recommendation);
        Assert.DoesNotContain(Token, failure.ToString() + failure.Recommendation, StringComparison.Ordinal);
        if (status == 401)
        {
            Assert.Contains("INFLUX_TOKEN", failure.Message + failure.Recommendation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_redirect_is_an_error_and_the_token_does_not_follow_it()
    {
        await using Influx3StandIn elsewhere = await Influx3StandIn.StartAsync();
        elsewhere.Answer(200);
        _server.Answer(307, "", ("Location", new Uri(elsewhere.Url, "/api/v3/query_sql").ToString()));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Contains(elsewhere.Url.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("http://influx.example.org:8181")]
    [InlineData("http://10.1.2.3")]
    public void A_token_does_not_travel_in_the_open(string url)
    {
        InfluxException failure = Assert.Throws<InfluxException>(() => Connect(Options() with { Url = new Uri(url) }));
        Assert.Equal("TokenOverHttpRefused", failure.ErrorId);
        Connect(Options() with { Url = new Uri(url), AllowUnencrypted = true }).Dispose();
    }

    [Fact]
    public async Task A_write_names_long_precision_and_reports_each_refused_line()
    {
        _server.Answer(400, """{"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type for column 'x'","line_number":2,"original_line":"m,t=b x=\"t\""}]}""");
        PointShape shape = new("m", ["t"], ["x"]);
        using InfluxQuery influx = Connect(Options());
        WriteResult result = await influx.WriteAsync(
            [new Point(shape, 1, ["a"], [FieldValue.From(1L)]), new Point(shape, 2, ["b, c=d"], [FieldValue.From("te\"xt")]), new Point(shape, 3, ["c"], [FieldValue.From(2.5)])], default);
        StandInRequest request = Assert.Single(_server.Requests);
        Assert.StartsWith("POST /api/v3/write_lp?", request.ToString(), StringComparison.Ordinal);
        Assert.Contains("db=vms", request.Target, StringComparison.Ordinal);
        Assert.Contains("precision=nanosecond", request.Target, StringComparison.Ordinal);
        Assert.Equal("m,t=a x=1i 1\nm,t=b\\,\\ c\\=d x=\"te\\\"xt\" 2\nm,t=c x=2.5 3", request.Body.TrimEnd('\n'));
        Assert.Equal(2, result.Written);
        Assert.Equal((2L, "invalid column type for column 'x'"), (Assert.Single(result.Rejected).Point.Time, result.Rejected[0].Reason));
    }

    [Fact]
    public async Task A_server_that_asks_for_time_is_given_it_or_the_failure_says_how_much()
    {
        _server.Answer(429, "", ("Retry-After", "7"));
        Assert.Equal(TimeSpan.FromSeconds(7), (await Assert.ThrowsAsync<InfluxException>(ReadAsync)).RetryAfter);

        // Nobody waits for longer than a minute: the first failure is the answer.
        await using Influx3StandIn busy = await Influx3StandIn.StartAsync();
        busy.Answer(503, "busy", ("Retry-After", "600"));
        await using ITelemetryStore store = StoreFactory.Open(Options() with { Url = busy.Url }, new VmStats.Infrastructure.Infrastructure());
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(async () => await store.GetSchemaAsync("vm_totals", default));
        Assert.Equal(TimeSpan.FromMinutes(10), failure.RetryAfter);
        Assert.Single(busy.Requests);
    }

    [Fact]
    public async Task A_read_is_tried_again_while_the_server_is_busy()
    {
        _server.Answer(503, "busy").Answer(429, "", ("Retry-After", "0")).Answer(200, "");
        await using ITelemetryStore store = StoreFactory.Open(Options(), new VmStats.Infrastructure.Infrastructure());
        Assert.Null(await store.GetSchemaAsync("vm_totals", default));
        Assert.Equal(3, _server.Requests.Count);
    }

    private static InfluxQuery Connect(ConnectionOptions options) => new(options, new VmStats.Infrastructure.Infrastructure());

    private ConnectionOptions Options() => new()
    {
        Url = _server.Url,
        Database = "vms",
        Token = new Secret(Token, "INFLUX_TOKEN"),
        Api = InfluxApi.V3,
        Timeout = _timeout,
    };

    private async Task ReadAsync()
    {
        using InfluxQuery influx = Connect(Options());
        await foreach (StoreRow row in influx.QuerySqlAsync("SELECT 1", null, default))
        {
            Assert.NotNull(row.Time);
        }
    }
}
