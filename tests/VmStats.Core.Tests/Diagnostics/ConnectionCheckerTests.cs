using System.Text.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Diagnostics;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Diagnostics;

/// <summary>The walk along the links of a connection: the first that is broken is named, with its mend.</summary>
public sealed class ConnectionCheckerTests(Influx1 influx) : IClassFixture<Influx1>
{
    private const string Token = "apiv3_lifetime-must-not-show";
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [SkippableTheory]
    [InlineData(60, "Freshness Passed")]
    [InlineData(3600, "Freshness Warning")]
    [InlineData(null, "Schema Warning, Freshness Warning")]
    public async Task A_sound_connection_tells_how_fresh_its_data_is(int? age, string remarkable)
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx.Server.CreateDatabaseAsync();
        if (age is int seconds)
        {
            await influx.Server.WriteAsync(database, $"vm_totals,VMID=1,name=a,uuid=u cpus=1i,state=1i {s_now.AddSeconds(-seconds).ToUnixTimeSeconds()}000000000\n");
        }

        List<VmStatsConnectionCheck> links = await CheckAsync(new ConnectionOptions { Url = influx.Server.Url, Database = database });
        Assert.Equal(
            ["Name resolution", "TCP", "TLS", "Server", "Authentication", "Database", "Schema", "Freshness", "Clock"], links.Select(link => link.Link));
        Assert.DoesNotContain(links, link => link.Result == VmStatsConnectionCheckResult.Failed);
        Assert.Equal(
            remarkable,
            string.Join(", ", links.Where(link => link.Result == VmStatsConnectionCheckResult.Warning || link.Link == "Freshness").Select(link => $"{link.Link} {link.Result}")));
        Assert.All(links, link => Assert.Equal(link.Result == VmStatsConnectionCheckResult.Warning, link.Remedy is not null));
        Assert.All(links.Where(link => link.Result == VmStatsConnectionCheckResult.Passed), link => Assert.NotNull(link.Duration));
    }

    [SkippableFact]
    public async Task The_first_broken_link_is_named_and_the_rest_is_skipped()
    {
        Part.Require(InfluxServer.WhyAbsent);
        Assert.Equal("Name resolution", await BrokenAsync(new() { Url = new Uri("http://nosuchhost.invalid:8086"), Database = "x" }));
        Assert.Equal("TCP", await BrokenAsync(new() { Url = new Uri("http://127.0.0.1:1"), Database = "x" }));
        Assert.Equal("TLS", await BrokenAsync(new() { Url = new Uri($"https://127.0.0.1:{influx.Server.Url.Port}"), Database = "x" }));
        Assert.Equal("Database", await BrokenAsync(new() { Url = influx.Server.Url, Database = "no_such_database" }));
    }

    [SkippableFact]
    public async Task A_refused_password_is_the_authentication_and_not_the_server()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await InfluxServer.StartAsync(authenticated: true);
        Assert.Equal("Authentication", await BrokenAsync(new()
        {
            Url = server.Url,
            Database = "x",
            UserName = "nobody",
            Password = new Secret("wrong-must-not-show", "-Credential"),
        }));
    }

    [Theory]
    [InlineData("{\"name\":\"ops\",\"expiry\":\"2027-06-01T00:00:00\"}\n", "Passed ops 2027-06-01 00:00:00Z")]
    [InlineData("{\"name\":\"ops\",\"expiry\":\"2026-01-10T00:00:00\"}\n", "Warning ops 2026-01-10 00:00:00Z")]
    [InlineData("{\"name\":\"_admin\"}\n", "Passed _admin never")]
    [InlineData("", "Passed unknown")]
    [InlineData(null, "Passed unknown")]
    public async Task A_token_is_told_with_its_expiry_where_the_server_tells(string? row, string expected)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(200, "{\"version\":\"3.4.1\",\"revision\":\"a\",\"process_id\":\"b\"}").Answer(200, "");
        server.Answer(row is null ? 403 : 200, row ?? "{\"error\": \"unauthorized to perform requested action with the token\"}");
        server.Answer(200, "");
        List<VmStatsConnectionCheck> links = await CheckAsync(new()
        {
            Url = server.Url,
            Database = "vms",
            Api = InfluxApi.V3,
            Token = new Secret(Token, "INFLUX_TOKEN"),
        });
        VmStatsConnectionCheck link = links.Single(one => one.Link == "Authentication");
        string[] words = expected.Split(' ', 3);
        Assert.Equal(words[0], $"{link.Result}");
        if (words[1] == "unknown")
        {
            Assert.Equal("The token from INFLUX_TOKEN is accepted.", link.Detail);
        }
        else
        {
            Assert.Contains($"called {words[1]} ", link.Detail, StringComparison.Ordinal);
            Assert.Contains(words[2] == "never" ? "does not expire" : words[2], link.Detail, StringComparison.Ordinal);
        }

        // SHA-512 of the token, as sha512sum gives it.
        StandInRequest asked = Assert.Single(server.Requests, request => request.Body.Contains("system.tokens", StringComparison.Ordinal));
        using JsonDocument body = JsonDocument.Parse(asked.Body);
        Assert.Equal(("_internal", Digits), (body.RootElement.GetProperty("db").GetString(), body.RootElement.GetProperty("params").GetProperty("hash").GetString()));
        Assert.DoesNotContain(Token, string.Concat(links.Select(one => one.Detail + one.Remedy)), StringComparison.Ordinal);
        Assert.All(server.Requests, request => Assert.DoesNotContain(Token, request.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_of_InfluxDB_3_that_may_not_read_is_warned_of()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(200, "{\"version\":\"3.4.1\",\"revision\":\"a\",\"process_id\":\"b\"}");
        server.Answer(403, "{\"error\": \"unauthorized to perform requested action with the token\"}");
        List<VmStatsConnectionCheck> links = await CheckAsync(new() { Url = server.Url, Database = "vms", Api = InfluxApi.V3, Token = new Secret(Token, "INFLUX_TOKEN") });
        Assert.Equal(
            ["Authentication Warning", "Database Skipped", "Schema Skipped", "Freshness Skipped", "Clock Skipped", "Caches Skipped"], links.TakeLast(6).Select(link => $"{link.Link} {link.Result}"));
        Assert.Contains("INFLUX_TOKEN", links.Single(link => link.Link == "Authentication").Detail, StringComparison.Ordinal);
    }

    private const string Digits = "7f46eb3cc";

    private static async Task<string> BrokenAsync(ConnectionOptions options)
    {
        List<VmStatsConnectionCheck> links = await CheckAsync(options);
        int broken = links.FindIndex(link => link.Result == VmStatsConnectionCheckResult.Failed);
        Assert.All(links.Skip(broken + 1), link => Assert.Equal(VmStatsConnectionCheckResult.Skipped, link.Result));
        Assert.False(string.IsNullOrEmpty(links[broken].Remedy));
        Assert.DoesNotContain("must-not-show", links[broken].Detail + links[broken].Remedy, StringComparison.Ordinal);
        return links[broken].Link;
    }

    private static async Task<List<VmStatsConnectionCheck>> CheckAsync(ConnectionOptions options)
    {
        await using ITelemetryStore store = StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
        List<VmStatsConnectionCheck> links = [];
        await foreach (VmStatsConnectionCheck link in new ConnectionChecker(options, store, new ManualTime(s_now)).CheckAsync(default))
        {
            links.Add(link);
        }

        return links;
    }
}
