using VmStats.Configuration;
using VmStats.Fixtures.Influx;
using VmStats.Stores;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>What becomes of a write that gets another answer than an acknowledgement.</summary>
public sealed class WriteRefusalTests : IAsyncLifetime
{
    private Influx3StandIn _server = null!;

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public static TheoryData<InfluxApi, int, string> NoAcknowledgements()
    {
        TheoryData<InfluxApi, int, string> data = [];
        foreach (InfluxApi api in (InfluxApi[])[InfluxApi.V3, InfluxApi.V2, InfluxApi.V1])
        {
            data.Add(api, 200, "<html><title>Please sign in</title></html>");
            data.Add(api, 200, """{"results":[{"statement_id":0,"error":"timeout"}]}""");
            data.Add(api, 200, """{"error":"Please sign in"}""");
            data.Add(api, 200, "");
            data.Add(api, 201, "");
            data.Add(api, 202, "queued");
            data.Add(api, 206, "");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(NoAcknowledgements))]
    public async Task Only_204_is_an_acknowledgement(InfluxApi api, int status, string body)
    {
        _server.Answer(status, body);
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url, api), points: 3);
        Assert.Equal(("InfluxWriteNotAcknowledged", VmStatsErrorKind.Protocol, status), (failure.ErrorId, failure.Kind, (int)failure.StatusCode!));
        Assert.Contains(_server.Url.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Contains(ErrorBody.TextOf(body), failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Recommendation);

        // Who answers in the server's place does so at once again.
        Assert.False(failure.IsTransient);
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData("30", null)]
    [InlineData("3600", "asks clients to wait 01:00:00")]
    public async Task A_server_that_asks_for_a_longer_pause_than_is_waited_for_is_told_so(string seconds, string? told)
    {
        _server.Answer(429, "", ("Retry-After", seconds));
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url));
        Assert.Equal("InfluxTooManyRequests", failure.ErrorId);
        Assert.Equal(told is not null, failure.Message.Contains(told ?? "asks clients to wait", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_is_cut_and_shows_no_token()
    {
        _server.Answer(200, $"Authorization: Bearer {Writes.Token} " + new string('x', 3_000_000));
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url));
        Assert.Equal("InfluxWriteNotAcknowledged", failure.ErrorId);
        Assert.DoesNotContain(Writes.Token, failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 1, 500);
    }

    [Fact]
    public async Task Words_of_others_reach_no_terminal_as_they_are()
    {
        _server.Answer(200, "\u001b]0;title\u0007 \u009b31m red").Answer(
            400, """{"error":"partial write of line protocol occurred","data":[{"error_message":"no\u001b[2J","line_number":1,"original_line":""}]}""");
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url));
        Assert.Contains("red", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        WriteResult result = await Writes.RunAsync(Writes.Options(_server.Url));
        Assert.Equal("no\uFFFD[2J", Assert.Single(result.Rejected).Reason);
    }

    [Theory]
    [InlineData(401, "InfluxNotAuthenticated")]
    [InlineData(503, "InfluxUnavailable")]
    public async Task A_refusal_that_breaks_off_is_still_what_its_status_says(int status, string id)
    {
        _server.AnswerCutOff("""{"error": "the request w""", status);
        Assert.Equal(id, (await Writes.FailAsync(Writes.Options(_server.Url))).ErrorId);
    }

    [Fact]
    public async Task A_page_of_a_proxy_is_read_to_its_first_megabyte()
    {
        _server.Answer(502, new string('x', 5_000_000));
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url));
        Assert.Equal("InfluxBadGateway", failure.ErrorId);
        Assert.InRange(failure.Message.Length, 1, 3000);
    }

    [Theory]
    [InlineData("text/plain", "\"m,t=vm2 x=\"")]
    [InlineData("application/json", "null")]
    [InlineData("text/html", "null")]
    public async Task Refused_lines_are_found_whatever_a_proxy_calls_the_body(string type, string originalLine)
    {
        string body = $$"""{"error":"partial write of line protocol occurred","data":[{"error_message":"no","line_number":2,"original_line":{{originalLine}}},{"error_message":"nor","line_number":3,"original_line":""}]}""";
        _server.Answer(400, body, ("Content-Type", type));
        WriteResult result = await Writes.RunAsync(Writes.Options(_server.Url), points: 4);
        Assert.Equal(2, result.Written);
        Assert.Equal([(2L, "no"), (3L, "nor")], result.Rejected.Select(rejected => (rejected.Point.Time, rejected.Reason)));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_batch_of_which_the_server_names_no_line_is_halved_down_to_the_point_that_it_refuses()
    {
        // One of eight: 8, then 4 and 2 and 1 that hold it.
        const string Refused = """{"error":"line protocol parsing error","data":{"error_message":"no","line_number":1,"original_line":"m"}}""";
        foreach (int status in (int[])[400, 204, 400, 400, 204, 400, 204])
        {
            _server.Answer(status, status == 204 ? "" : Refused);
        }

        WriteResult result = await Writes.RunAsync(Writes.Options(_server.Url), points: 8);
        Assert.Equal((7, 6L), (result.Written, Assert.Single(result.Rejected).Point.Time));
        Assert.Equal([8, 4, 4, 2, 1, 1, 2], _server.Requests.Select(request => request.Body.Split('\n').Length));
    }

    [Theory]
    [InlineData(413)]
    [InlineData(500)]
    public async Task A_batch_that_is_too_large_goes_in_halves(int status)
    {
        _server.Answer(status, "max request size (10485760 bytes) exceeded").Answer(204);
        Assert.Equal(5, (await Writes.RunAsync(Writes.Options(_server.Url), points: 5)).Written);
        Assert.Equal([5, 2, 3], _server.Requests.Select(request => request.Body.Split('\n').Length));
    }
}
