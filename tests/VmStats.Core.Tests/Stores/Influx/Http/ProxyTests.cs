using System.Net;
using System.Net.Sockets;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Diagnostics;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Core.Tests.Stores.Influx.Http;

/// <summary>A proxy before the server: what is wrong with it is not told of the server, and its password is told to nobody.</summary>
public sealed class ProxyTests
{
    private const string Hidden = "pw-must-not-show";

    [Theory]
    [InlineData("http://influx.example.org:8086")]
    [InlineData("https://influx.example.org:8086")]
    public async Task A_dead_proxy_is_the_broken_link(string url)
    {
        ConnectionOptions options = Options(url, $"http://me:{Hidden}@127.0.0.1:{FreePort()}");
        InfluxException failure = await FailureAsync(options);
        Assert.Equal(("InfluxProxyUnreachable", VmStatsErrorKind.Unavailable, true), (failure.ErrorId, failure.Kind, failure.IsTransient));
        Assert.Contains($"http://127.0.0.1:{options.Proxy!.Port} (from -Proxy)", failure.Message, StringComparison.Ordinal);
        AssertHidden(failure);
        await AssertFirstBrokenAsync("Proxy", options);

        failure = await FailureAsync(Options(url, "http://nosuchproxy.invalid:3128"));
        Assert.Equal("InfluxProxyUnreachable", failure.ErrorId);
        Assert.Contains("nosuchproxy.invalid", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://influx.example.org:8086", 407, "InfluxProxyWantsCredentials", VmStatsErrorKind.Authentication)]
    [InlineData("https://influx.example.org:8086", 407, "InfluxProxyWantsCredentials", VmStatsErrorKind.Authentication)]
    [InlineData("https://influx.example.org:8086", 403, "InfluxProxyRefused", VmStatsErrorKind.Unavailable)]
    [InlineData("https://influx.example.org:8086", 502, "InfluxProxyRefused", VmStatsErrorKind.Unavailable)]
    public async Task A_proxy_that_refuses_is_told_as_that(string url, int status, string error, VmStatsErrorKind kind)
    {
        await using Influx3StandIn proxy = await Influx3StandIn.StartAsync();
        proxy.Answer(status, "", ("Proxy-Authenticate", "Basic realm=\"proxy\""));
        InfluxException failure = await FailureAsync(Options(url, $"http://me:{Hidden}@127.0.0.1:{proxy.Url.Port}"));
        Assert.Equal((error, kind, status >= 500), (failure.ErrorId, failure.Kind, failure.IsTransient));
        Assert.Contains($"http://127.0.0.1:{proxy.Url.Port} (from -Proxy)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(status == 407 ? "" : status.ToString(System.Globalization.CultureInfo.InvariantCulture), status == 407 ? "" : failure.Message.Split(' ')[^1].TrimEnd('.'));
        AssertHidden(failure);
    }

    [Fact]
    public async Task A_proxy_gets_the_credentials_that_stand_in_its_address()
    {
        await using Influx3StandIn proxy = await Influx3StandIn.StartAsync();
        proxy.Answer(407, "", ("Proxy-Authenticate", "Basic realm=\"proxy\"")).Answer(200, "{\"x\":1}\n");
        ConnectionOptions options = Options("http://influx.example.org:8086", $"http://me:p%40ss@127.0.0.1:{proxy.Url.Port}");
        using InfluxQuery influx = new(options, new VmStats.Infrastructure.Infrastructure());
        Assert.Single(await ReadAsync(influx));
        Assert.Equal("Basic " + Convert.ToBase64String("me:p@ss"u8), proxy.Requests[^1].Headers["Proxy-Authorization"]);
        Assert.Equal("influx.example.org:8086", proxy.Requests[^1].Headers["Host"]);
    }

    [Theory]
    [InlineData("http://influx.example.org", "http_proxy", "http://proxy.example.org:3128", "http_proxy")]
    [InlineData("https://influx.example.org", "https_proxy", "http://me:" + Hidden + "@proxy.example.org:3128", "https_proxy")]
    [InlineData("https://influx.example.org", "HTTPS_PROXY", "proxy.example.org:3128", "HTTPS_PROXY")]
    [InlineData("https://influx.example.org", "ALL_PROXY", "http://proxy.example.org:3128", "ALL_PROXY")]
    [InlineData("https://influx.example.org", "https_proxy", "http://another.example.org:3128", "the system's proxy settings")]
    [InlineData("https://influx.example.org", "http_proxy", "http://proxy.example.org:3128", "the system's proxy settings")]
    [InlineData("http://localhost:8086", "http_proxy", "http://proxy.example.org:3128", null)]
    public void The_variable_that_names_the_proxy_is_told(string url, string name, string value, string? expected)
    {
        WebProxy system = new("http://proxy.example.org:3128");
        ProxyInUse? proxy = ProxyInUse.For(new ConnectionOptions { Url = new Uri(url) }, system, asked => asked == name ? value : null);
        Assert.Equal(expected is null ? null : $"http://proxy.example.org:3128 (from {expected})", proxy?.ToString());
        Assert.Null(ProxyInUse.For(new ConnectionOptions { Url = new Uri(url) }, new WebProxy(), _ => null));
    }

    private static ConnectionOptions Options(string url, string proxy) => new()
    {
        Url = new Uri(url),
        Database = "vms",
        Api = InfluxApi.V3,
        Proxy = new Uri(proxy),
        Timeout = TimeSpan.FromSeconds(20),
    };

    private static async Task<InfluxException> FailureAsync(ConnectionOptions options)
    {
        using InfluxQuery influx = new(options, new VmStats.Infrastructure.Infrastructure());
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => ReadAsync(influx));
        InfluxException write = await Assert.ThrowsAsync<InfluxException>(
            () => influx.WriteAsync([new Point(new PointShape("m", [], ["x"]), 1, [], [FieldValue.From(1L)])], default).AsTask());
        Assert.Equal((failure.ErrorId, failure.Message), (write.ErrorId, write.Message));
        return failure;
    }

    private static async Task AssertFirstBrokenAsync(string link, ConnectionOptions options)
    {
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        List<VmStatsConnectionCheck> links = [];
        await foreach (VmStatsConnectionCheck check in new ConnectionChecker(options, store, TimeProvider.System).CheckAsync(default))
        {
            links.Add(check);
        }

        VmStatsConnectionCheck broken = links.First(one => one.Result == VmStatsConnectionCheckResult.Failed);
        Assert.Equal(link, broken.Link);
        Assert.DoesNotContain(Hidden, broken.Detail + broken.Remedy, StringComparison.Ordinal);
        Assert.All(links.SkipWhile(one => one != broken).Skip(1), one => Assert.Equal(VmStatsConnectionCheckResult.Skipped, one.Result));
    }

    private static void AssertHidden(InfluxException failure) =>
        Assert.DoesNotContain(Hidden, failure + failure.Recommendation + failure.Target, StringComparison.Ordinal);

    private static async Task<List<StoreRow>> ReadAsync(InfluxQuery influx)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in influx.QuerySqlAsync("SELECT 1", null, default))
        {
            rows.Add(row);
        }

        return rows;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
