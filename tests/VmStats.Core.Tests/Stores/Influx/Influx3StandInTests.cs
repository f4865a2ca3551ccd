using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>What the stand-in for InfluxDB 3 does as the real one that no recording shows.</summary>
public sealed class Influx3StandInTests : IAsyncLifetime
{
    private const string Token = "apiv3_stand-in";
    private const string Cached = "SELECT * FROM last_cache('t', 'c') ORDER BY time";
    private static readonly HttpClient s_client = new();
    private Influx3StandIn? _server;

    private Influx3StandIn Server => _server!;

    public async Task InitializeAsync() => _server = Influx3StandIn.WhyNotExecuting is null ? await Influx3StandIn.StartAsync(executes: true, Token) : null;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    // Keys a and b, two rows. Each fault alone loses one thing; without any the cache has what the table has.
    [SkippableTheory]
    [InlineData(Influx3CacheFaults.None, "1- 2b 3b")]
    [InlineData(Influx3CacheFaults.EmptyAtCreation, "2b 3b")]
    [InlineData(Influx3CacheFaults.EmptyAtRestart, "3b")]
    [InlineData(Influx3CacheFaults.RowsWithoutKey, "2b 3b")]
    public async Task A_cache_lacks_what_the_fault_says(Influx3CacheFaults faults, string expected)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Server.CacheFaults = faults;
        Server.SnapshotsAtOnce = false;
        await WriteAsync("t,a=x f=1i 1000000001\nt,a=x,b=b g=0i 500000000");
        await MakeCacheAsync();
        await WriteAsync("t,a=x,b=b f=2i 1000000002");
        Server.Snapshot();
        await WriteAsync("t,a=x,b=b f=3i 1000000003");
        Server.Restart();
        Assert.Equal(expected, string.Join(' ', (await RowsAsync(Cached)).Where(row => row.TryGetProperty("f", out _)).Select(row => $"{row.GetProperty("f")}{(row.TryGetProperty("b", out JsonElement b) ? b : "-")}")));
    }

    [SkippableTheory]
    [InlineData(Influx3CacheFaults.None, "2 3")]
    [InlineData(Influx3CacheFaults.ArrivalOrder, "1 3")]
    public async Task A_row_that_comes_late_finds_its_place_or_not(Influx3CacheFaults faults, string expected)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Server.CacheFaults = faults;
        await WriteAsync("t,a=x,b=b f=0i 1");
        await MakeCacheAsync();
        await WriteAsync("t,a=x,b=b f=1i 1000000001\nt,a=x,b=b f=3i 1000000003");
        await WriteAsync("t,a=x,b=b f=2i 1000000002");
        Assert.Equal(expected, string.Join(' ', (await RowsAsync(Cached)).Select(row => row.GetProperty("f"))));
    }

    [SkippableTheory]
    [InlineData(Influx3CacheFaults.None, """{"a":"x","b":"b","f":1,"g":2,"time":"1970-01-01T00:00:01.000000001"}""")]
    [InlineData(Influx3CacheFaults.Unmerged, """{"a":"x","b":"b","f":1,"time":"1970-01-01T00:00:01.000000001"}""")]
    public async Task Two_lines_of_a_row_are_one_row_or_the_first_of_them(Influx3CacheFaults faults, string expected)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Server.CacheFaults = faults | Influx3CacheFaults.EmptyAtCreation;
        await WriteAsync("t,a=x,b=b f=0i,g=0i 1");
        await MakeCacheAsync();
        await WriteAsync("t,a=x,b=b f=1i 1000000001\nt,a=x,b=b g=2i 1000000001");
        Assert.Equal(expected, Assert.Single(await RowsAsync(Cached)).ToString());
    }

    [SkippableFact]
    public async Task A_synced_write_is_answered_when_the_log_is_flushed()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Server.FlushInterval = TimeSpan.FromSeconds(1);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 3; i++)
        {
            await WriteAsync($"t f={i}i {i}");
        }

        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(1.9), $"{watch.Elapsed}");
        Server.FlushInterval = TimeSpan.FromHours(10);
        await WriteAsync("t f=3i 3", "&no_sync=true");
        Assert.Equal(4, (await RowsAsync("SELECT f FROM t")).Count);
    }

    [SkippableFact]
    public async Task A_deleted_table_is_made_anew_with_other_columns_and_a_deleted_database_is_gone_for_good_or_not()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        await WriteAsync("t,a=x f=1i 1");
        await RowsAsync("SELECT f FROM t");
        await AnswerAsync(HttpMethod.Delete, "/api/v3/configure/table?db=d&table=t");
        await WriteAsync("t,z=y g=2.5 2000000000");
        Assert.Equal("""{"g":2.5,"time":"1970-01-01T00:00:02","z":"y"}""", Assert.Single(await RowsAsync("SELECT * FROM t")).ToString());

        foreach (string name in (string[])["soft", "hard"])
        {
            Server.CreateDatabase(name);
            await AnswerAsync(HttpMethod.Delete, $"/api/v3/configure/database?db={name}{(name == "hard" ? "&hard_delete_at=now" : "")}");
        }

        string listed = await AnswerAsync(HttpMethod.Get, "/api/v3/configure/database?format=json&show_deleted=true");
        Assert.Contains("soft-", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("hard", listed, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, "/api/v3/configure/database?db=soft")).Status);
    }

    [SkippableFact]
    public async Task A_token_that_was_made_is_known_until_it_expires()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        string made = await AnswerAsync(HttpMethod.Post, "/api/v3/configure/token/named_admin", JsonContent.Create(new { token_name = "short", expiry_secs = 3600 }));
        string token = JsonDocument.Parse(made).RootElement.GetProperty("token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/health", token: token)).Status);
        Assert.Contains("expiry", (await RowsAsync("SELECT * FROM system.tokens WHERE name = 'short'", "_internal"))[0].ToString(), StringComparison.Ordinal);
        Server.Advance(TimeSpan.FromHours(2));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/health", token: token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/health")).Status);
    }

    private Task<string> WriteAsync(string lines, string more = "") =>
        AnswerAsync(HttpMethod.Post, $"/api/v3/write_lp?db=d&precision=nanosecond{more}", new StringContent(lines));

    private Task<string> MakeCacheAsync() => AnswerAsync(
        HttpMethod.Post, "/api/v3/configure/last_cache", JsonContent.Create(new { db = "d", table = "t", name = "c", key_columns = (string[])["a", "b"], count = 2 }));

    private async Task<List<JsonElement>> RowsAsync(string sql, string database = "d") =>
        [.. JsonDocument.Parse(await AnswerAsync(HttpMethod.Post, "/api/v3/query_sql", JsonContent.Create(new { db = database, q = sql, format = "json" }))).RootElement.EnumerateArray()];

    private async Task<string> AnswerAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        (HttpStatusCode status, string answer) = await SendAsync(method, path, content);
        Assert.True((int)status < 300, answer);
        return answer;
    }

    private async Task<(HttpStatusCode Status, string Answer)> SendAsync(HttpMethod method, string path, HttpContent? content = null, string token = Token)
    {
        using HttpRequestMessage request = new(method, new Uri(Server.Url, path)) { Content = content, Headers = { Authorization = new("Bearer", token) } };
        using HttpResponseMessage response = await s_client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
