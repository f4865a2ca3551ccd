using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Diagnostics;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Initialization;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>The engines for fleets that outgrow one server: each is found by what it answers, and nothing is made there unasked.</summary>
public sealed class HostedEngineTests(Influx1 influx) : IClassFixture<Influx1>
{
    private static readonly PointShape s_shape = new("vm_totals", ["name", "uuid"], ["cputime"]);

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered, InfluxApi.Auto, InfluxApi.V3Distributed, StoreKind.InfluxDB3, "InfluxDB Clustered or Cloud Dedicated", "20250925-1878107")]
    [InlineData(HostedInflux.Clustered, InfluxApi.V3Distributed, InfluxApi.V3Distributed, StoreKind.InfluxDB3, "InfluxDB Clustered or Cloud Dedicated", "20250925-1878107")]
    [InlineData(HostedInflux.Serverless, InfluxApi.Auto, InfluxApi.V3Distributed, StoreKind.InfluxDB3, "InfluxDB Cloud Serverless", null)]
    [InlineData(HostedInflux.Serverless, InfluxApi.V3Distributed, InfluxApi.V3Distributed, StoreKind.InfluxDB3, "InfluxDB Cloud Serverless", null)]
    [InlineData(HostedInflux.CloudTsm, InfluxApi.Auto, InfluxApi.V2, StoreKind.InfluxDB2, "InfluxDB Cloud (TSM)", null)]
    [InlineData(HostedInflux.CloudTsm, InfluxApi.V2, InfluxApi.V2, StoreKind.InfluxDB2, "InfluxDB Cloud (TSM)", null)]
    public async Task It_is_found_out_or_said_and_the_doctor_names_it(
        HostedInflux kind, InfluxApi said, InfluxApi found, StoreKind store, string product, string? version)
    {
        await using HostedInfluxStandIn server = await StartAsync(kind);
        ConnectionOptions options = Options(server, await influx.Server.CreateDatabaseAsync()) with { Api = said };
        await using InfluxStore opened = new(options, new VmStats.Infrastructure.Infrastructure());
        await opened.ProbeAsync(default);
        await opened.WriteAsync([Make("a", 1)], default);
        List<VmStatsConnectionCheck> links = await CheckAsync(options, opened);
        Assert.Equal((found, version), (opened.Influx.Server!.Api, opened.Info.Version));
        Assert.Equal((store, product), (opened.Info.Kind, opened.Info.Product));
        Assert.Equal($"{product} {version}".TrimEnd(), links.Single(link => link.Link == "Server").Detail);
        Assert.DoesNotContain(links, link => link.Result == VmStatsConnectionCheckResult.Failed);
        Assert.DoesNotContain(server.Requests, request => request.EndsWith(" /write", StringComparison.Ordinal));
        Assert.Contains("POST /api/v2/write", server.Requests);
    }

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered, InfluxApi.V3Distributed)]
    [InlineData(HostedInflux.Serverless, InfluxApi.V2)]
    [InlineData(HostedInflux.CloudTsm, InfluxApi.V2)]
    public async Task A_token_for_a_bucket_alone_is_enough(HostedInflux kind, InfluxApi found)
    {
        // Its organisation isn't told to such a token, and the host's name is not of InfluxData's: the API that is found serves either.
        await using HostedInfluxStandIn server = await StartAsync(kind);
        ConnectionOptions options = Options(server, await influx.Server.CreateDatabaseAsync()) with { Token = new Secret(HostedInfluxStandIn.BucketToken, "-Token") };
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        await store.ProbeAsync(default);
        Assert.Equal(found, store.Influx.Server!.Api);
        Assert.Equal(1, (await store.WriteAsync([Make("a", 1)], default)).Written);
    }

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered)]
    [InlineData(HostedInflux.Serverless)]
    [InlineData(HostedInflux.CloudTsm)]
    public async Task A_wrong_token_is_told_as_that(HostedInflux kind)
    {
        await using HostedInfluxStandIn server = await StartAsync(kind);
        ConnectionOptions options = Options(server, "any") with { Token = new Secret("wrong-must-not-show", "INFLUX_TOKEN") };
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        List<VmStatsConnectionCheck> links = await CheckAsync(options, store);
        VmStatsConnectionCheck broken = links.First(link => link.Result == VmStatsConnectionCheckResult.Failed);
        Assert.Equal("Authentication", broken.Link);
        Assert.Contains("INFLUX_TOKEN", broken.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("must-not-show", broken.Detail + broken.Remedy, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered)]
    [InlineData(HostedInflux.Serverless)]
    [InlineData(HostedInflux.CloudTsm)]
    public async Task Nothing_is_made_there_unasked(HostedInflux kind)
    {
        await using HostedInfluxStandIn server = await StartAsync(kind);
        ConnectionOptions options = Options(server, "mistyped_" + kind);
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        VmStatsException failure = await Assert.ThrowsAnyAsync<VmStatsException>(() => store.WriteAsync([Make("a", 1)], default).AsTask());
        Assert.Equal("InfluxDatabaseNotFound", failure.ErrorId);
        failure = await Assert.ThrowsAnyAsync<VmStatsException>(() => DatabaseInitializer.ForAsync(store, options, deletesAnyShare: false, default).AsTask());
        Assert.Equal("InitializationNotSupported", failure.ErrorId);
        Assert.DoesNotContain("mistyped", await influx.Server.QueryAsync("SHOW DATABASES"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered, false)]
    [InlineData(HostedInflux.Clustered, true)]
    [InlineData(HostedInflux.Serverless, false)]
    public async Task A_point_that_is_refused_does_not_keep_the_others_away(HostedInflux kind, bool refusesPartial)
    {
        await using HostedInfluxStandIn server = await StartAsync(kind);
        server.RefusesPartialWrites = refusesPartial;
        await using InfluxStore store = new(Options(server, await influx.Server.CreateDatabaseAsync()), new VmStats.Infrastructure.Infrastructure());
        PointShape bad = new("vm_totals", ["name", "name"], ["cputime"]);
        Point[] points = [.. Enumerable.Range(0, 20).Select(i => i == 13 ? new Point(bad, 1_000_000_000L * i, ["one", "other"], [FieldValue.From(1L)]) : Make("a", i))];
        WriteResult result = await store.WriteAsync(points, default);
        Assert.Equal((19, 1), (result.Written, result.Rejected.Count));
        Assert.Equal("one", result.Rejected[0].Point.Tags[0]);
        Assert.Contains("multiple instances", result.Rejected[0].Reason, StringComparison.Ordinal);
        Assert.Equal(19, await CountAsync(store));
    }

    [SkippableFact]
    public async Task Values_go_into_the_statement_where_no_parameters_are_taken()
    {
        await using HostedInfluxStandIn server = await StartAsync(HostedInflux.Clustered);
        await using InfluxStore store = new(Options(server, await influx.Server.CreateDatabaseAsync()), new VmStats.Infrastructure.Infrastructure());
        string[] names = ["it's", "a\\", "b\\'", "' OR '1'='1", "$name", "line\nfeed", "'; DROP MEASUREMENT vm_totals; --", "/* no comment", "unicode 名前"];
        PointShape shape = new("texts", ["n"], ["text"]);
        await store.WriteAsync(names.Select((name, i) => new Point(shape, i + 1, [$"{i}"], [FieldValue.From(name)])).ToArray(), default);
        for (int i = 0; i < names.Length; i++)
        {
            Dictionary<string, FieldValue> parameters = new() { ["name"] = FieldValue.From(names[i]), ["from"] = FieldValue.From((long)i + 1) };
            List<StoreRow> rows = [];
            await foreach (StoreRow row in store.Influx.QueryInfluxQLAsync("SELECT * FROM texts WHERE time >= $from AND text = $name -- $name and '", parameters, default))
            {
                rows.Add(row);
            }

            Assert.Equal(names[i], Assert.Single(rows)["text"].AsString());
        }
    }

    [SkippableFact]
    public async Task The_latest_are_looked_for_within_the_look_back()
    {
        await using HostedInfluxStandIn server = await StartAsync(HostedInflux.Clustered);
        ConnectionOptions options = Options(server, await influx.Server.CreateDatabaseAsync()) with { LookBack = TimeSpan.FromDays(7) };
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow), day = 86_400 * UnixTime.NanosecondsPerSecond;
        StoreQuery latest = new("vm_totals") { Latest = new LatestPerGroup(["uuid"], 1) };
        StoreQuery distinct = new("vm_totals") { Distinct = ["name"] };

        // A table that nobody writes to any more is read whole.
        await store.WriteAsync([Make("old", 1, now - (9 * day))], default);
        Assert.Equal(["old"], await NamesAsync(store, latest));
        Assert.Equal(["old"], await NamesAsync(store, distinct));
        await store.WriteAsync([Make("a", 2, now - (6 * day)), Make("b", 3, now), Make("b", 2, now - day)], default);
        Assert.Equal(["a", "b"], await NamesAsync(store, latest));
        Assert.Equal(["a", "b"], await NamesAsync(store, distinct));
        Assert.Equal(["a", "b", "old"], await NamesAsync(store, latest with { Start = 0 }));
        Assert.Single(await NamesAsync(store, latest with { Skip = 1 }));
        Assert.Empty(await NamesAsync(store, latest with { Skip = 2 }));
        Assert.Single(await NamesAsync(store, latest with { Limit = 1 }));
    }

    [Theory]
    [InlineData("X-Influxdb-Version: 3.10.1, X-Influxdb-Build: Enterprise", "V3 3.10.1 Enterprise InfluxDB 3 Enterprise")]
    [InlineData("X-Influxdb-Version: 3.10.1, X-Influxdb-Build: Core", "V3 3.10.1 Core InfluxDB 3 Core")]
    [InlineData("X-Influxdb-Version: 1.11.8-c1.11.8, X-Influxdb-Build: ENT", "V1 1.11.8-c1.11.8 ENT InfluxDB 1.x")]
    [InlineData("X-Influxdb-Version: v2.7.12, X-Influxdb-Build: OSS", "V2 2.7.12 OSS InfluxDB 2.x")]
    public async Task A_version_that_is_a_number_says_what_it_is(string headers, string expected)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(200, "", [.. headers.Split(", ").Select(one => one.Split(": ")).Select(pair => (pair[0], pair[1]))]);
        using InfluxQuery query = new(new ConnectionOptions { Url = server.Url, Database = "vms" }, new VmStats.Infrastructure.Infrastructure());
        InfluxServerInfo info = await query.ProbeAsync(default);
        Assert.Equal(expected, $"{info.Api} {info.Version} {info.Build} {InfluxProducts.NameOf(info.Product)}");
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("unknown", "OSS", 200, false)]
    [InlineData("20250925-1878107", null, 400, false)]
    [InlineData("20250925-1878107", null, 404, true)]
    [InlineData("main-0a1b2c3", "Clustered", 404, true)]
    public async Task A_version_that_is_none_is_no_proof(string version, string? build, int status, bool isDistributed)
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(204, "", build is null ? [("X-Influxdb-Version", version)] : [("X-Influxdb-Version", version), ("X-Influxdb-Build", build)]);
        server.Answer(status, status == 404 ? "<html>no</html>" : "missing query parameters 'db' and 'q'");
        using InfluxQuery query = new(new ConnectionOptions { Url = server.Url, Database = "vms" }, new VmStats.Infrastructure.Infrastructure());
        if (isDistributed)
        {
            Assert.Equal(InfluxApi.V3Distributed, (await query.ProbeAsync(default)).Api);
            return;
        }

        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(() => query.ProbeAsync(default).AsTask());
        Assert.Equal("InfluxAnswerNotUnderstood", failure.ErrorId);
        Assert.Contains("-Api", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://fleet.a.influxdb.io", InfluxProduct.CloudDedicated)]
    [InlineData("https://cluster.example.org", InfluxProduct.ClusteredOrDedicated)]
    public void Dedicated_is_known_by_its_host(string url, InfluxProduct expected) =>
        Assert.Equal(expected, InfluxProducts.Of(new Uri(url), InfluxApi.V3Distributed, null));

    [Theory]
    [InlineData("https://us-east-1-1.aws.cloud2.influxdata.com", null, InfluxProduct.CloudServerless)]
    [InlineData("https://us-west-2-1.aws.cloud2.influxdata.com", null, InfluxProduct.CloudTsm)]
    [InlineData("https://us-west-2-1.aws.cloud2.influxdata.com", "iox", InfluxProduct.CloudServerless)]
    [InlineData("https://proxy.example.org", "tsm", InfluxProduct.CloudTsm)]
    [InlineData("https://proxy.example.org", null, InfluxProduct.Unknown)]
    public void Clouds_are_known_by_their_engine_or_their_host(string url, string? type, InfluxProduct expected) =>
        Assert.Equal(expected, InfluxProducts.OfCloud(new Uri(url), type));

    [Fact]
    public async Task Some_other_server_is_no_InfluxDB_whatever_is_said_of_it()
    {
        await using Influx3StandIn server = await Influx3StandIn.StartAsync();
        server.Answer(200, "<html>welcome</html>");
        foreach (InfluxApi api in Enum.GetValues<InfluxApi>())
        {
            using InfluxQuery query = new(new ConnectionOptions { Url = server.Url, Database = "vms", Api = api }, new VmStats.Infrastructure.Infrastructure());
            Assert.Equal("InfluxAnswerNotUnderstood", (await Assert.ThrowsAsync<InfluxException>(() => query.ProbeAsync(default).AsTask())).ErrorId);
        }
    }

    private static async Task<List<string>> NamesAsync(InfluxStore store, StoreQuery query)
    {
        List<string> names = [];
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            names.Add(row["name"].AsString()!);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static async Task<int> CountAsync(InfluxStore store)
    {
        int rows = 0;
        await foreach (StoreRow row in store.QueryAsync(new StoreQuery("vm_totals"), default))
        {
            rows++;
        }

        return rows;
    }

    private static async Task<List<VmStatsConnectionCheck>> CheckAsync(ConnectionOptions options, InfluxStore store)
    {
        List<VmStatsConnectionCheck> links = [];
        await foreach (VmStatsConnectionCheck link in new ConnectionChecker(options, store, TimeProvider.System).CheckAsync(default))
        {
            links.Add(link);
        }

        return links;
    }

    private static Point Make(string name, long cpu, long? time = null) =>
        new(s_shape, time ?? (1_000_000_000 * cpu), [name, "uuid-" + name], [FieldValue.From(cpu)]);

    private static ConnectionOptions Options(HostedInfluxStandIn server, string database) =>
        new() { Url = server.Url, Database = database, Token = new Secret(HostedInfluxStandIn.Token, "-Token") };

    private async Task<HostedInfluxStandIn> StartAsync(HostedInflux kind)
    {
        Part.Require(InfluxServer.WhyAbsent);
        return await HostedInfluxStandIn.StartAsync(influx.Server, kind);
    }
}
