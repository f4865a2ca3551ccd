using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Stores.Influx3;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Initialization;

namespace VmStats.Core.Tests.Stores.Initialization;

/// <summary>Databases that are made, and what reading has from them.</summary>
public sealed class InitializationTests(Influx3Server influx3, Influx1 influx1) : IClassFixture<Influx3Server>, IClassFixture<Influx1>
{
    private const long Minute = 60 * UnixTime.NanosecondsPerSecond;
    private static readonly PointShape s_shape = new("vm_totals", ["VMID", "name", "uuid"], ["cputime", "host"]);
    private static readonly StoreQuery s_latest = new("vm_totals") { Latest = new LatestPerGroup(["uuid", "UUID", "name", "Dom"], 2), Columns = ["cputime", "host"] };

    [SkippableFact]
    public async Task InfluxDB_3_gets_all_and_a_second_time_nothing()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions() with { Database = "made_here" };
        await using ITelemetryStore store = Open(options);
        IReadOnlyList<VmStatsDatabaseItem> made = await RunAsync(store, options, TimeSpan.FromDays(30));
        Assert.Equal(
            [
                "Database made_here: Created", "Table vm_totals: Created", "Table vm_devices: Created", "Table mem_dumps: Created",
                "LastValueCache vm_totals.vm_totals_latest: Created", "DistinctValueCache vm_totals.vm_totals_series: Created",
                "LastValueCache vm_devices.vm_devices_latest: Created", "DistinctValueCache vm_devices.vm_devices_series: Created",
            ],
            made.Select(item => item.ToString()));
        Assert.Equal(TimeSpan.FromDays(30), influx3.Server.RetentionOf("made_here"));
        Assert.Equal("tags uuid, name, VMID; 35 fields", made[1].Detail);

        Assert.All(await RunAsync(store, options, null), item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
        IReadOnlyList<VmStatsDatabaseItem> same = await RunAsync(store, options, TimeSpan.FromDays(30));
        Assert.All(same, item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
        Assert.Contains("RetentionPeriod made_here: Exists", same.Select(item => item.ToString()));
        IReadOnlyList<VmStatsDatabaseItem> again = await RunAsync(store, options, TimeSpan.FromDays(60));
        VmStatsDatabaseItem changed = Assert.Single(again, item => item.Result != VmStatsDatabaseItemResult.Exists);
        Assert.Equal(("RetentionPeriod made_here: Changed", "60 d, was 30 d"), (changed.ToString(), changed.Detail));
        Assert.Equal(TimeSpan.FromDays(60), influx3.Server.RetentionOf("made_here"));
    }

    [SkippableFact]
    public async Task What_the_module_writes_goes_into_the_tables_that_were_made()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore store = Open(options);
        await RunAsync(store, options, null);
        foreach (TableDefinition table in TableDefinition.All)
        {
            PointShape shape = new(table.Name, table.Tags, [.. table.Fields.Select(field => field.Name)]);
            FieldValue[] fields = [.. table.Fields.Select(field => field.Kind switch
            {
                FieldKind.Integer => FieldValue.From(1L),
                FieldKind.Float => FieldValue.From(1.5),
                FieldKind.Boolean => FieldValue.From(true),
                _ => FieldValue.From("text"),
            })];
            WriteResult result = await store.WriteAsync([new Point(shape, Minute, [.. table.Tags], fields)], default);
            Assert.Equal((1, 0), (result.Written, result.Rejected.Count));
        }
    }

    [SkippableFact]
    public async Task Making_caches_hides_nothing_that_was_there()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore store = Open(options);
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);
        await store.WriteAsync([.. Enumerable.Range(0, 5).Reverse().SelectMany(i => new[] { Make(now - ((i + 1000) * Minute), "it's \"db\"", i), Make(now - (i * Minute), "web", i) })], default);
        string[] expected = [$"{now - (1000 * Minute)} 0 it's \"db\"", $"{now - (1001 * Minute)} 1 it's \"db\"", $"{now} 0 web", $"{now - Minute} 1 web"];
        Assert.Equal(expected, await ReadAsync(store, s_latest));
        await RunAsync(store, options, null);
        await using ITelemetryStore another = Open(options);
        foreach (ITelemetryStore reader in (ITelemetryStore[])[store, another])
        {
            Assert.Equal(expected, await ReadAsync(reader, s_latest));
            Assert.Equal(["  it's \"db\"", "  web"], await ReadAsync(reader, new StoreQuery("vm_totals") { Distinct = ["name", "uuid"] }));
            Assert.Equal(expected[..2], await ReadAsync(reader, s_latest with { Filters = [ColumnFilter.In("name", "it's \"db\"")] }));
        }
    }

    [SkippableFact]
    public async Task A_VM_that_the_cache_has_let_go_is_looked_for_in_the_table()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore store = Open(options with { LookBack = TimeSpan.FromDays(30) });
        await RunAsync(store, options, null);
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);
        await store.WriteAsync([Make(now - (9 * 1440 * Minute), "silent", 1)], default);
        influx3.Server.ExpireCaches(options.Database!, "vm_totals");
        await store.WriteAsync([Make(now, "live", 2)], default);
        Assert.Equal(["1 silent", "2 live"], (await ReadAsync(store, s_latest)).Select(row => row[(row.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Order());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cache_that_is_gone_is_done_without(bool isLatest)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore store = Open(options);
        await RunAsync(store, options, null);
        await store.WriteAsync([Make(UnixTime.ToNanoseconds(DateTimeOffset.UtcNow), "live", 2)], default);
        StoreQuery query = isLatest ? s_latest : new StoreQuery("vm_totals") { Distinct = ["name", "uuid"] };
        Assert.Single(await ReadAsync(store, query));
        influx3.Server.DropCaches(options.Database!, "vm_totals");
        Assert.Single(await ReadAsync(store, query));
    }

    [SkippableFact]
    public async Task Tables_of_another_vocabulary_keep_it_and_mixed_ones_get_no_cache()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore store = Open(options);
        PointShape older = new("vm_devices", ["VMID", "UUID", "Dom", "devtype", "device"], ["rxbytes"]);
        await store.WriteAsync([new Point(older, Minute, ["1", "u", "d", "nic", "vnet0"], [FieldValue.From(1L)])], default);
        await store.WriteAsync([Make(Minute, "a", 1), new Point(new PointShape("vm_totals", ["UUID", "Dom"], ["cputime"]), Minute, ["u", "d"], [FieldValue.From(1L)])], default);
        IReadOnlyList<VmStatsDatabaseItem> items = await RunAsync(store, options, null);
        Assert.Equal(["vm_totals.vm_totals_latest", "vm_totals.vm_totals_series"], items.Where(item => item.Result == VmStatsDatabaseItemResult.Skipped).Select(item => item.Name));
        Assert.StartsWith("2 rows per UUID, Dom, devtype, device", Assert.Single(items, item => item.Name == "vm_devices.vm_devices_latest").Detail, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task InfluxDB_1_gets_its_database_and_its_retention()
    {
        Part.Require(InfluxServer.WhyAbsent);
        ConnectionOptions options = new() { Url = influx1.Server.Url, Database = "made \"here\"" };
        await using ITelemetryStore store = Open(options);
        Assert.Equal(["Database made \"here\": Created"], (await RunAsync(store, options, TimeSpan.FromDays(30))).Select(item => item.ToString()));
        Assert.Contains("720h0m0s", await influx1.Server.QueryAsync("SHOW RETENTION POLICIES ON \"made \\\"here\\\"\""), StringComparison.Ordinal);
        Assert.All(await RunAsync(store, options, TimeSpan.FromDays(30)), item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
        Assert.Equal("RetentionPeriod autogen: Changed", (await RunAsync(store, options, TimeSpan.FromDays(60)))[1].ToString());
        Assert.Contains("1440h0m0s", await influx1.Server.QueryAsync("SHOW RETENTION POLICIES ON \"made \\\"here\\\"\""), StringComparison.Ordinal);
        InfluxException tooShort = await Assert.ThrowsAsync<InfluxException>(() => RunAsync(store, options, TimeSpan.FromMinutes(1)));
        Assert.Equal("InfluxRetentionTooShort", tooShort.ErrorId);
    }

    [SkippableFact]
    public async Task InfluxDB_1_gets_the_policy_that_is_named()
    {
        Part.Require(InfluxServer.WhyAbsent);
        ConnectionOptions options = new() { Url = influx1.Server.Url, Database = "with_policy/weekly" };
        await using ITelemetryStore store = Open(options);
        Assert.Equal(["Database with_policy: Created", "RetentionPeriod weekly: Created"], (await RunAsync(store, options, TimeSpan.FromDays(7))).Select(item => item.ToString()));
        string policies = await influx1.Server.QueryAsync("SHOW RETENTION POLICIES ON with_policy");
        Assert.Contains("\"weekly\",\"168h0m0s\",\"24h0m0s\",1,false", policies, StringComparison.Ordinal);
        Assert.Contains("\"autogen\",\"0s\",\"168h0m0s\",1,true", policies, StringComparison.Ordinal);
        Assert.All(await RunAsync(store, options, TimeSpan.FromDays(7)), item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
        Assert.Equal("168h0m0s", (await RunAsync(store, options, null))[1].Detail);
        Assert.Equal("RetentionPeriod weekly: Changed", (await RunAsync(store, options, TimeSpan.FromDays(14)))[1].ToString());
    }

    [SkippableFact]
    public async Task InfluxDB_2_gets_its_bucket_its_retention_and_its_mapping()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using Influx2StandIn server = await Influx2StandIn.StartAsync(influx1.Server);
        ConnectionOptions options = new() { Url = server.Url, Database = "bucket_here", Token = new Secret(Influx2StandIn.Token, "-Token") };
        await using ITelemetryStore store = Open(options);
        Assert.Equal(
            ["Database bucket_here: Created", "Mapping bucket_here: Exists"],
            (await RunAsync(store, options, TimeSpan.FromDays(30))).Select(item => item.ToString()));
        Assert.Contains("720h0m0s", await influx1.Server.QueryAsync("SHOW RETENTION POLICIES ON bucket_here"), StringComparison.Ordinal);
        Assert.All(await RunAsync(store, options, TimeSpan.FromDays(30)), item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
        VmStatsDatabaseItem changed = (await RunAsync(store, options, TimeSpan.FromDays(60)))[1];
        Assert.Equal(("RetentionPeriod bucket_here: Changed", "60 d, was 30 d"), (changed.ToString(), changed.Detail));
        Assert.Contains("1440h0m0s", await influx1.Server.QueryAsync("SHOW RETENTION POLICIES ON bucket_here"), StringComparison.Ordinal);
        Assert.Equal(1, (await store.WriteAsync([Make(UnixTime.ToNanoseconds(DateTimeOffset.UtcNow), "web", 1)], default)).Written);

        // A policy is a bucket of its own; what it is called is its mapping.
        ConnectionOptions weekly = options with { RetentionPolicy = "weekly" };
        await using ITelemetryStore other = Open(weekly);
        Assert.Equal("Database bucket_here/weekly: Created", (await RunAsync(other, weekly, null))[0].ToString());
        Assert.Empty(await ReadAsync(other, new StoreQuery("vm_totals")));
        Assert.Equal(1, (await other.WriteAsync([Make(Minute, "web", 1)], default)).Written);
    }

    [SkippableFact]
    public async Task InfluxDB_2_that_maps_nothing_by_itself_gets_the_mapping()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using Influx2StandIn server = await Influx2StandIn.StartAsync(influx1.Server);
        server.MapsBuckets = false;
        ConnectionOptions options = new() { Url = server.Url, Database = "older_bucket", Token = new Secret(Influx2StandIn.Token, "-Token") };
        await using ITelemetryStore store = Open(options);
        Assert.Equal(["Database older_bucket: Created", "Mapping older_bucket: Created"], (await RunAsync(store, options, null)).Select(item => item.ToString()));
        Assert.Equal(1, (await store.WriteAsync([Make(Minute, "web", 1)], default)).Written);
        Assert.Single(await ReadAsync(store, new StoreQuery("vm_totals")));
        Assert.All(await RunAsync(store, options, null), item => Assert.Equal(VmStatsDatabaseItemResult.Exists, item.Result));
    }

    [SkippableFact]
    public async Task InfluxDB_2_with_several_organisations_wants_one_named()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using Influx2StandIn server = await Influx2StandIn.StartAsync(influx1.Server);
        server.OtherOrganization = "field";
        ConnectionOptions options = new() { Url = server.Url, Database = "of_an_organisation", Token = new Secret(Influx2StandIn.Token, "-Token") };
        foreach (string? wrong in new[] { null, "nosuch" })
        {
            await using ITelemetryStore store = Open(options);
            VmStatsException failure = await Assert.ThrowsAsync<VmStatsException>(() => RunAsync(store, options with { Organization = wrong }, null));
            Assert.Equal("OrganizationNotNamed", failure.ErrorId);
            Assert.Contains("'lab', 'field'", failure.Message, StringComparison.Ordinal);
            Assert.Contains("INFLUX_ORG", failure.Recommendation, StringComparison.Ordinal);
        }

        foreach (string right in new[] { "lab", "069121e09c2d02be" })
        {
            await using ITelemetryStore store = Open(options);
            Assert.NotEmpty(await RunAsync(store, options with { Organization = right }, null));
        }
    }

    [Fact]
    public async Task An_embedded_store_is_there_once_it_is_open()
    {
        string folder = Directory.CreateTempSubdirectory("vmstats-init-").FullName;
        try
        {
            ConnectionOptions options = new() { Url = StoreAddress.FromPath(Path.Combine(folder, "t.db")) };
            await using ITelemetryStore store = Open(options);
            Assert.Equal(
                [VmStatsDatabaseItemResult.Exists, VmStatsDatabaseItemResult.Skipped],
                (await RunAsync(store, options, TimeSpan.FromDays(1))).Select(item => item.Result));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_embedded_store_is_pruned_once_and_more_than_an_eighth_only_when_that_is_said()
    {
        string folder = Directory.CreateTempSubdirectory("vmstats-init-").FullName;
        try
        {
            ConnectionOptions options = new() { Url = StoreAddress.FromPath(Path.Combine(folder, "t.db")) };
            await using ITelemetryStore store = Open(options);
            long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow) / Minute * Minute;
            await store.WriteAsync([.. Enumerable.Range(0, 90).Select(i => Make(now - (i * Minute), "web", i))], default);

            // Nine of ninety are an ordinary pass.
            VmStatsDatabaseItem ordinary = (await RunAsync(store, options, TimeSpan.FromMinutes(80)))[1];
            Assert.Equal("RetentionPeriod t.db: Changed", ordinary.ToString());
            Assert.Contains("9 of 90 points", ordinary.Detail, StringComparison.Ordinal);
            Assert.Equal(81, (await ReadAsync(store, new StoreQuery("vm_totals"))).Count);

            VmStatsDatabaseItem held = (await RunAsync(store, options, TimeSpan.FromMinutes(20)))[1];
            Assert.Equal(VmStatsDatabaseItemResult.Skipped, held.Result);
            Assert.Contains("60 of 81 points", held.Detail, StringComparison.Ordinal);
            Assert.Contains("-Force", held.Detail, StringComparison.Ordinal);
            Assert.Equal(81, (await ReadAsync(store, new StoreQuery("vm_totals"))).Count);

            Assert.Equal("RetentionPeriod t.db: Changed", (await RunAsync(store, options, TimeSpan.FromMinutes(20), deletesAnyShare: true))[1].ToString());
            Assert.Equal(21, (await ReadAsync(store, new StoreQuery("vm_totals"))).Count);
            Assert.Equal(VmStatsDatabaseItemResult.Skipped, (await RunAsync(store, options, TimeSpan.FromMinutes(20), deletesAnyShare: true))[1].Result);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Point Make(long time, string name, long cpu) => new(s_shape, time, ["1", name, "u-" + name], [FieldValue.From(cpu), FieldValue.From("host")]);

    private static ITelemetryStore Open(ConnectionOptions options) => StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());

    private static async Task<IReadOnlyList<VmStatsDatabaseItem>> RunAsync(
        ITelemetryStore store, ConnectionOptions options, TimeSpan? retention, bool deletesAnyShare = false)
    {
        List<VmStatsDatabaseItem> items = [];
        IDatabaseInitializer initializer = await DatabaseInitializer.ForAsync(store, options, deletesAnyShare, default);
        await foreach (DatabaseStep step in initializer.PlanAsync(retention, default))
        {
            items.Add(await step.RunAsync(default));
        }

        return items;
    }

    private static async Task<List<string>> ReadAsync(ITelemetryStore store, StoreQuery query)
    {
        List<string> rows = [];
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            rows.Add($"{row.Time} {row["cputime"]} {row["name"]}");
        }

        return rows;
    }
}
