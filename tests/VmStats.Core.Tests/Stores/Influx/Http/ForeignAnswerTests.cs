using VmStats.Configuration;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx.Http;

/// <summary>Answers of status 200 that are no rows: told as what they are, never as no rows.</summary>
public sealed class ForeignAnswerTests : IAsyncLifetime
{
    private const string Page = "<html><title>Please sign in</title></html>";
    private const string Error = """{"error":"Please sign in"}""";
    private const string Statement = """{"results":[{"statement_id":0,"error":"database not found: vms"}]}""";
    private const string Lines = "application/jsonl";
    private const string Json = "application/json";
    private Influx3StandIn _server = null!;

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(InfluxApi.V3, "text/html; charset=utf-8", Page, "InfluxAnswerNotUnderstood", "Please sign in")]
    [InlineData(InfluxApi.V3, Lines, Page, "InfluxAnswerNotUnderstood", "<html>")]
    [InlineData(InfluxApi.V3, "text/html", "", "InfluxAnswerNotUnderstood", "text/html")]
    [InlineData(InfluxApi.V3, Json, Error, "InfluxRequestRefused", "Please sign in")]
    [InlineData(InfluxApi.V3, Json, """{"error":"database not found: vms"}""", "InfluxDatabaseNotFound", "vms")]
    [InlineData(InfluxApi.V3, Json, "[]", "InfluxAnswerNotUnderstood", "application/json")]
    [InlineData(InfluxApi.V2, "text/html", Page, "InfluxAnswerNotUnderstood", "Please sign in")]
    [InlineData(InfluxApi.V1, "text/html", Page, "InfluxAnswerNotUnderstood", "Please sign in")]
    [InlineData(InfluxApi.V1, "text/html", "", "InfluxAnswerNotUnderstood", "text/html")]
    [InlineData(InfluxApi.V1, Json, Page, "InfluxAnswerNotUnderstood", "<html>")]
    [InlineData(InfluxApi.V1, Json, Error, "InfluxRequestRefused", "Please sign in")]
    [InlineData(InfluxApi.V1, Json, Statement, "InfluxDatabaseNotFound", "vms")]
    [InlineData(InfluxApi.V1, Json, "", "InfluxAnswerNotUnderstood", "no results")]
    [InlineData(InfluxApi.V2, Json, "{}", "InfluxAnswerNotUnderstood", "no results")]
    [InlineData(InfluxApi.V1, Json, """{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","f"],"values":[[1,2]],"partial":true}]}]}""", "InfluxAnswerCutOff", "partial")]
    public async Task An_answer_that_is_no_rows_is_an_error(InfluxApi api, string type, string body, string id, string told)
    {
        _server.Answer(200, body, ("Content-Type", type));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(api, "SELECT f FROM m"));
        Assert.Equal(id, failure.ErrorId);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Recommendation);
    }

    [Theory]
    [InlineData(InfluxApi.V3, Lines, "", "SELECT f FROM m", 0)]
    [InlineData(InfluxApi.V3, Lines, "{\"f\":1}\n", "SELECT f FROM m", 1)]
    [InlineData(InfluxApi.V1, Json, """{"results":[{"statement_id":0}]}""", "SELECT f FROM m", 0)]
    [InlineData(InfluxApi.V2, Json, "{}", "DROP MEASUREMENT m", 0)]
    [InlineData(InfluxApi.V2, Json, "", "DROP MEASUREMENT m", 0)]
    [InlineData(InfluxApi.V1, Json, """{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","f"],"values":[[1,2]],"partial":true}],"partial":true}]}{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","f"],"values":[[2,2]]}]}]}""", "SELECT f FROM m", 2)]
    public async Task An_answer_without_rows_is_none(InfluxApi api, string type, string body, string statement, int rows)
    {
        _server.Answer(200, body, ("Content-Type", type));
        Assert.Equal(rows, await CountAsync(api, statement));
    }

    [Fact]
    public async Task A_page_instead_of_an_acknowledgement_of_management_is_none()
    {
        _server.Answer(200, Page, ("Content-Type", "text/html"));
        using InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() =>
            influx.SendAsync(HttpMethod.Post, "api/v3/configure/database", null, [], default).AsTask());
        Assert.Equal("InfluxAnswerNotUnderstood", failure.ErrorId);
    }

    [Fact]
    public async Task Words_of_a_page_reach_no_terminal_as_they_are()
    {
        _server.Answer(200, $"\u001b]0;title\u0007 {Writes.Token}", ("Content-Type", "text/html"));
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => CountAsync(InfluxApi.V3, "SELECT f FROM m"));
        Assert.DoesNotContain(failure.Message, char.IsControl);
        Assert.DoesNotContain(Writes.Token, failure.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> CountAsync(InfluxApi api, string statement)
    {
        using InfluxQuery influx = Writes.Connect(Writes.Options(_server.Url, api));
        int rows = 0;
        await foreach (StoreRow row in api == InfluxApi.V3 ? influx.QuerySqlAsync(statement, null, default) : influx.QueryInfluxQLAsync(statement, null, default))
        {
            Assert.NotEmpty(row.Layout.Columns);
            rows++;
        }

        return rows;
    }
}
