using System.Net;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>The scenarios through the 1.x API of a stand-in for InfluxDB 2.9.1, before a real InfluxDB 1.x.</summary>
public sealed class Influx2StoreScenarios(Influx1 influx) : StoreScenarios, IClassFixture<Influx1>, IAsyncLifetime
{
    private Influx2StandIn? _server;

    public async Task InitializeAsync() => _server = InfluxServer.WhyAbsent is null ? await Influx2StandIn.StartAsync(influx.Server) : null;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task It_is_found_out_and_asked_by_its_own_scheme()
    {
        Part.Require(InfluxServer.WhyAbsent);
        ConnectionOptions options = new() { Url = _server!.Url, Database = await influx.Server.CreateDatabaseAsync() };
        foreach (ConnectionOptions accepted in new[]
        {
            options with { Token = new Secret(Influx2StandIn.Token, "-Token") },
            options with { UserName = "me", Password = new Secret(Influx2StandIn.Token, "-Credential") },
        })
        {
            await using ITelemetryStore store = StoreFactory.Open(accepted, new VmStats.Infrastructure.Infrastructure());
            Assert.Equal((StoreKind.InfluxDB2, "2.9.1"), ((await store.ProbeAsync(default)).Kind, store.Info.Version));
            Assert.Null(await store.GetSchemaAsync("vm_totals", default));
        }

        foreach (ConnectionOptions refused in new[] { options, options with { Token = new Secret("wrong-must-not-show", "INFLUX_TOKEN") } })
        {
            await using ITelemetryStore store = StoreFactory.Open(refused, new VmStats.Infrastructure.Infrastructure());
            VmStatsException failure = await Assert.ThrowsAnyAsync<VmStatsException>(() => store.GetSchemaAsync("vm_totals", default).AsTask());
            Assert.Equal(VmStatsErrorKind.Authentication, failure.Kind);
            Assert.DoesNotContain("must-not-show", failure.ToString(), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_token_gets_its_rights_only()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string bucket = await influx.Server.CreateDatabaseAsync(), other = await influx.Server.CreateDatabaseAsync();
        await influx.Server.WriteAsync(bucket, "m,a=x f=1i 1");
        (HttpStatusCode Status, string Answer) wrote, read;
        string reader = await _server!.MakeTokenAsync(bucket, mayRead: true, mayWrite: false), writer = await _server.MakeTokenAsync(bucket, mayRead: false, mayWrite: true);
        read = await SendAsync(reader, $"/query?db={bucket}&q=SHOW%20TAG%20KEYS");
        wrote = await SendAsync(reader, $"/write?db={bucket}", "m,a=x f=2i 2");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (read.Status, wrote.Status));
        Assert.Contains("\"a\"", read.Answer, StringComparison.Ordinal);

        read = await SendAsync(writer, $"/query?db={bucket}&q=SHOW%20TAG%20KEYS");
        wrote = await SendAsync(writer, $"/write?db={bucket}", "m,a=x f=2i 2");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (read.Status, wrote.Status));
        Assert.Contains($"default retention policy not set for: {bucket}", read.Answer, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(writer, $"/write?db={other}", "m,a=x f=2i 2")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(writer, "/api/v2/buckets", """{"name":"mine"}""")).Status);
    }

    [SkippableFact]
    public async Task A_bucket_called_by_database_and_policy_is_that_policy_of_that_database()
    {
        Part.Require(InfluxServer.WhyAbsent);
        foreach (string name in (string[])["tele", "tele/weekly"])
        {
            Assert.Equal(HttpStatusCode.Created, (await SendAsync(Influx2StandIn.Token, "/api/v2/buckets", $$"""{"name":"{{name}}","retentionRules":[]}""")).Status);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(Influx2StandIn.Token, "/write?db=tele&rp=weekly", "w f=1i")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(Influx2StandIn.Token, "/write?db=tele&rp=daily", "w f=1i")).Status);
        Assert.DoesNotContain("\"w\"", (await SendAsync(Influx2StandIn.Token, "/query?db=tele&q=SHOW%20MEASUREMENTS")).Answer, StringComparison.Ordinal);
        Assert.Contains("\"w\"", (await SendAsync(Influx2StandIn.Token, "/query?db=tele&rp=weekly&q=SHOW%20MEASUREMENTS")).Answer, StringComparison.Ordinal);
        Assert.Contains("database not found: nosuch", (await SendAsync(Influx2StandIn.Token, "/query?db=nosuch&q=SELECT%20%2A%20FROM%20m")).Answer, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Answer)> SendAsync(string token, string path, string? body = null)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(_server!.Url, path)) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Authorization = new("Token", token);
        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private protected override async ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(InfluxServer.WhyAbsent);
        return StoreFactory.Open(
            new ConnectionOptions
            {
                Url = _server!.Url,
                Database = await influx.Server.CreateDatabaseAsync(),
                Token = new Secret(Influx2StandIn.Token, "-Token"),
            },
            new VmStats.Infrastructure.Infrastructure());
    }
}
