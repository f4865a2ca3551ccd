using System.Net.Http.Headers;
using System.Text;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Collection;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Core.Tests.Telemetry;
using VmStats.Diagnostics;
using VmStats.Dumps.Records;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Users and tokens that may only write deliver, and each lack of a right, a bucket or a mapping is told as what it is.</summary>
public sealed class RightsTests(Influx1 influx) : IClassFixture<Influx1>, IAsyncLifetime
{
    private const string Password = "pass-must-not-show";
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
    public async Task A_user_of_InfluxDB_1_that_may_only_write_delivers()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await StartWithUsersAsync();
        await DeliversAsync(Options(server.Url, "vms", "writer"), Options(server.Url, "vms", "admin"));
    }

    [SkippableFact]
    public async Task A_token_of_InfluxDB_2_that_may_only_write_delivers()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string bucket = await influx.Server.CreateDatabaseAsync();
        await DeliversAsync(
            await TokenAsync(bucket, bucket, mayRead: false, mayWrite: true), TokenOptions(bucket, Influx2StandIn.Token));
    }

    [SkippableFact]
    public async Task What_a_user_of_InfluxDB_1_lacks_is_told()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await StartWithUsersAsync();
        Assert.Equal("InfluxUserLacksReadAccess", (await ReadFailureAsync(Options(server.Url, "vms", "writer"))).ErrorId);
        Assert.Equal("InfluxUserLacksWriteAccess", (await WriteFailureAsync(Options(server.Url, "vms", "reader"))).ErrorId);
        Assert.Equal("InfluxDatabaseNotFound", (await WriteFailureAsync(Options(server.Url, "nosuch", "admin"))).ErrorId);
        ConnectionOptions wrong = Options(server.Url, "vms", "writer") with { Password = new Secret("wrong-must-not-show", "-Credential") };
        Assert.Equal("InfluxCredentialsRefused", (await ReadFailureAsync(wrong)).ErrorId);
        Assert.Equal("InfluxCredentialsRefused", (await WriteFailureAsync(wrong)).ErrorId);
        Assert.Equal(
            "Authentication Warning, Database Skipped, Schema Skipped, Freshness Skipped, Clock Skipped", await CheckAsync(Options(server.Url, "vms", "writer")));
    }

    [SkippableFact]
    public async Task What_a_token_of_InfluxDB_2_lacks_is_told()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string bucket = await influx.Server.CreateDatabaseAsync(), other = await influx.Server.CreateDatabaseAsync(), mapped = $"{bucket}_mapped";
        await SendAsync("/api/v2/buckets", $$"""{"name":"{{mapped}}/weekly","retentionRules":[]}""");

        // The token is none.
        Assert.Equal("InfluxNotAuthenticated", (await ReadFailureAsync(TokenOptions(bucket, "wrong-must-not-show"))).ErrorId);
        Assert.Equal("InfluxNotAuthenticated", (await WriteFailureAsync(TokenOptions(bucket, "wrong-must-not-show"))).ErrorId);

        // It has no right for this.
        ConnectionOptions writer = await TokenAsync(bucket, bucket, mayRead: false, mayWrite: true), reader = await TokenAsync(bucket, bucket, mayRead: true, mayWrite: false);
        Told("InfluxUserLacksReadAccess", VmStatsErrorKind.PermissionDenied, "or any other bucket", await ReadFailureAsync(writer));
        Told("InfluxUserLacksWriteAccess", VmStatsErrorKind.PermissionDenied, "insufficient permissions", await WriteFailureAsync(reader));
        Assert.Equal("Authentication Warning, Database Skipped, Schema Skipped, Freshness Skipped, Clock Skipped", await CheckAsync(writer));

        // There is no such bucket, as far as the token is shown them.
        ConnectionOptions nosuch = TokenOptions("nosuch", Influx2StandIn.Token);
        Told("InfluxDatabaseNotFound", VmStatsErrorKind.NotFound, "There is no bucket nosuch; the existing ones are: ", await ReadFailureAsync(nosuch));
        Told("InfluxDatabaseNotFound", VmStatsErrorKind.NotFound, "There is no bucket nosuch; the existing ones are: ", await WriteFailureAsync(nosuch));
        Told("InfluxDatabaseNotFound", VmStatsErrorKind.NotFound, $"{other} is not among the buckets that this token may read ({bucket})", await ReadFailureAsync(reader with { Database = other }));
        Told("InfluxMappingNotFound", VmStatsErrorKind.NotFound, "no dbrp mapping found", await WriteFailureAsync(writer with { Database = "nosuch" }));

        // It has policies, and none is its default.
        Told("InfluxDefaultPolicyNotSet", VmStatsErrorKind.NotFound, "retention policies weekly, and none", await ReadFailureAsync(TokenOptions(mapped, Influx2StandIn.Token)));
        Told("InfluxDefaultPolicyNotSet", VmStatsErrorKind.NotFound, "retention policies weekly, and none", await WriteFailureAsync(TokenOptions(mapped, Influx2StandIn.Token)));
    }

    private static void Told(string id, VmStatsErrorKind kind, string words, InfluxException failure)
    {
        Assert.Equal((id, kind), (failure.ErrorId, failure.Kind));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Recommendation);
        Assert.DoesNotContain("must-not-show", $"{failure} {failure.Recommendation}", StringComparison.Ordinal);
    }

    // A collector and a dump record, into a database where another writer has made a field of ours a float.
    private static async Task DeliversAsync(ConnectionOptions writer, ConnectionOptions admin)
    {
        await using ITelemetryStore all = Open(admin), store = Open(writer);
        await all.WriteAsync([new Point(new PointShape("vm_totals", ["VMID", "name", "uuid"], ["cputime", "state"]), StoreFixture.T0, ["1", "old", "u"], [FieldValue.From(0.5), FieldValue.From("text")])], default);
        await using CollectorFixture fixture = new();
        await using FaultyHypervisor hypervisor = new(CollectorFixture.Running);
        VmTelemetryCollectorStatus status = await fixture.RunAsync(fixture.Options(hypervisor, store, 2) with { BatchMaxLines = 100 });
        Assert.Equal((6L, 0L, 0L, 0L, 0L), (status.PointsWritten, status.PointsSpooled, status.PointsRejected, status.PointsDropped, status.Errors - Told(status)));
        List<StoreRow> rows = await TelemetryTable.ListAsync(all.QueryAsync(new StoreQuery("vm_totals") { Start = StoreFixture.T0 + 1 }, default));
        Assert.Equal(6, rows.Count);
        Assert.All(rows, row => Assert.Equal(FieldKind.Float, row["cputime"].Kind));
        Assert.Equal(6, status.FieldsLeftOut);

        MemoryDumpRecord record = new() { Name = "web", TimeUtc = DateTime.UtcNow, State = MemoryDumpState.Completed };
        Assert.Equal(new RecordDelivery(null, (await RecordDelivery.DeliverAsync(store, record, default)).Warning), await RecordDelivery.DeliverAsync(store, record, default));
        Assert.Equal("web", Assert.Single(await TelemetryTable.ListAsync(all.QueryAsync(new StoreQuery("mem_dumps"), default)))["dom"].AsString());
    }

    // That fields are left out is told as an error, once.
    private static long Told(VmTelemetryCollectorStatus status) => status.LastError?.Contains("left out", StringComparison.Ordinal) == true ? 1 : 0;

    private static async Task<InfluxException> ReadFailureAsync(ConnectionOptions options)
    {
        await using ITelemetryStore store = Open(options);
        return await Assert.ThrowsAsync<InfluxException>(() => TelemetryTable.ListAsync(store.QueryAsync(new StoreQuery("vm_totals"), default)));
    }

    private static async Task<InfluxException> WriteFailureAsync(ConnectionOptions options)
    {
        await using ITelemetryStore store = Open(options);
        return await Assert.ThrowsAsync<InfluxException>(() =>
            store.WriteAsync([new Point(new PointShape("m", ["a"], ["f"]), 1, ["x"], [FieldValue.From(1L)])], default).AsTask());
    }

    private static async Task<string> CheckAsync(ConnectionOptions options)
    {
        await using ITelemetryStore store = Open(options);
        List<VmStatsConnectionCheck> links = await TelemetryTable.ListAsync(new ConnectionChecker(options, store, TimeProvider.System).CheckAsync(default));
        return string.Join(", ", links.Where(link => link.Result != VmStatsConnectionCheckResult.Passed && link.Link != "TLS").Select(link => $"{link.Link} {link.Result}"));
    }

    private static ITelemetryStore Open(ConnectionOptions options) => StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());

    private static ConnectionOptions Options(Uri url, string database, string user) => new()
    {
        Url = url,
        Database = database,
        UserName = user,
        Password = new Secret(Password, "-Credential"),
    };

    private ConnectionOptions TokenOptions(string bucket, string token) => new() { Url = _server!.Url, Database = bucket, Token = new Secret(token, "INFLUX_TOKEN") };

    private async Task<ConnectionOptions> TokenAsync(string database, string bucket, bool mayRead, bool mayWrite) =>
        TokenOptions(database, await _server!.MakeTokenAsync(bucket, mayRead, mayWrite));

    private async Task SendAsync(string path, string body)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(_server!.Url, path)) { Content = new StringContent(body) };
        request.Headers.Authorization = new("Token", Influx2StandIn.Token);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<InfluxServer> StartWithUsersAsync()
    {
        InfluxServer server = await InfluxServer.StartAsync(authenticated: true);
        await server.QueryAsync($"CREATE USER admin WITH PASSWORD '{Password}' WITH ALL PRIVILEGES");
        using HttpClient client = new();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{Password}")));
        foreach (string statement in (string[])
        [
            "CREATE DATABASE vms",
            $"CREATE USER writer WITH PASSWORD '{Password}'", "GRANT WRITE ON vms TO writer",
            $"CREATE USER reader WITH PASSWORD '{Password}'", "GRANT READ ON vms TO reader",
        ])
        {
            using FormUrlEncodedContent form = new(new Dictionary<string, string> { ["q"] = statement });
            using HttpResponseMessage answer = await client.PostAsync(new Uri(server.Url, "/query"), form);
            answer.EnsureSuccessStatusCode();
        }

        return server;
    }
}
