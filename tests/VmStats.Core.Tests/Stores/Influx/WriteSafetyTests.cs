using VmStats.Configuration;
using VmStats.Core.Tests.Processes;
using VmStats.Fixtures.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Neither data nor a token gets where it was not sent: redirects, proxies, plain http, tokens that are none.</summary>
public sealed class WriteSafetyTests : IAsyncLifetime
{
    private Influx3StandIn _server = null!;
    private Influx3StandIn _other = null!;

    public async Task InitializeAsync()
    {
        _server = await Influx3StandIn.StartAsync();
        _other = (await Influx3StandIn.StartAsync()).Answer(204);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory]
    [InlineData(301, InfluxApi.V3)]
    [InlineData(302, InfluxApi.V3)]
    [InlineData(303, InfluxApi.V3)]
    [InlineData(307, InfluxApi.V3)]
    [InlineData(308, InfluxApi.V3)]
    [InlineData(307, InfluxApi.V2)]
    [InlineData(302, InfluxApi.V1)]
    public async Task A_redirect_is_not_followed(int status, InfluxApi api)
    {
        _server.Answer(status, "", ("Location", new Uri(_other.Url, "/api/v3/write_lp?db=vms").ToString()));
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url, api), points: 3);
        Assert.Equal(("InfluxRedirected", status), (failure.ErrorId, (int)failure.StatusCode!));
        Assert.Contains(_other.Url.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
        Assert.Empty(_other.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("apiv3_ä")]
    [InlineData("apiv3 x")]
    [InlineData("apiv3\r\nX-Evil: 1")]
    public async Task A_token_that_is_none_is_refused_before_there_is_a_connection(string token)
    {
        InfluxException failure = await Writes.FailAsync(Writes.Options(_server.Url) with { Token = new Secret(token, "INFLUX_TOKEN") });
        Assert.Equal("TokenMalformed", failure.ErrorId);
        Assert.Contains("INFLUX_TOKEN", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V1)]
    public async Task A_proxy_that_is_named_gets_what_is_for_other_hosts(InfluxApi api)
    {
        ConnectionOptions options = Writes.Options(new Uri("http://influx.example.org:8181"), api) with { Proxy = _other.Url, AllowUnencrypted = true };
        Assert.Equal(1, (await Writes.RunAsync(options)).Written);
        Assert.Equal("influx.example.org:8181", Assert.Single(_other.Requests).Headers["Host"]);
    }

    [Fact]
    public async Task The_environments_proxy_gets_nothing_that_is_for_this_machine()
    {
        // In a process of its own: .NET reads the variable once.
        Dictionary<string, string> environment = new() { ["http_proxy"] = _other.Url.ToString(), ["no_proxy"] = "" };
        _server.Answer(204);
        using (WriterProcess writer = new(environment, "influx", _server.Url.ToString()))
        {
            await writer.ReachAsync(1);
            await writer.EndAsync();
        }

        Assert.NotEmpty(_server.Requests);
        Assert.Empty(_other.Requests);

        // The variable did count.
        using WriterProcess elsewhere = new(environment, "influx", "http://influx.example.org:8181");
        await elsewhere.ReachAsync(1);
        await elsewhere.EndAsync();
        Assert.All(_other.Requests, request => Assert.Equal("influx.example.org:8181", request.Headers["Host"]));
        Assert.NotEmpty(_other.Requests);
    }
}
