using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Stores.Influx3;
using VmStats.Dumps.Records;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Initialization;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>Retention policies: read and written by name, named where an answer is empty for want of them, and missing ones refused. On a real InfluxDB 1.x, the stand-in for 2.9.1 before it, and the stand-in for 3.</summary>
public sealed class RetentionPolicyTests(Influx1 influx1, Influx3Server influx3) : IClassFixture<Influx1>, IClassFixture<Influx3Server>
{
    private static readonly PointShape s_shape = new("vm_totals", ["name"], ["cputime"]);

    [SkippableTheory]
    [InlineData(InfluxApi.V1, "name")]
    [InlineData(InfluxApi.V1, "beside")]
    [InlineData(InfluxApi.V2, "name")]
    [InlineData(InfluxApi.V2, "beside")]
    [InlineData(InfluxApi.V3, "name")]
    [InlineData(InfluxApi.V3, "beside")]
    public async Task Points_go_to_the_policy_that_is_named_and_come_from_there(InfluxApi api, string where)
    {
        await using Target target = await Target.MakeAsync(api, influx1, influx3);
        ConnectionOptions weekly = where == "name"
            ? target.Options with { Database = target.Options.Database + "/weekly" }
            : target.Options with { RetentionPolicy = "weekly" };
        await using ITelemetryStore store = Open(weekly), usual = Open(target.Options);
        Assert.Equal(1, (await store.WriteAsync([Make(1)], default)).Written);
        Assert.Equal(1, (await usual.WriteAsync([Make(2)], default)).Written);
        Assert.Equal([1L], await ReadAsync(store));
        Assert.Equal([2L], await ReadAsync(usual));
        Assert.Equal(target.Options.Database + "/weekly", store.Info.Database);
    }

    [Fact]
    public void Two_policies_are_refused_and_one_named_twice_is_one()
    {
        ConnectionOptions options = new() { Url = new Uri("http://localhost:8086"), Database = "db/weekly", RetentionPolicy = "daily" };
        VmStatsException refused = Assert.Throws<VmStatsException>(() => Open(options));
        Assert.Equal("RetentionPolicyAmbiguous", refused.ErrorId);
        Assert.Equal(("db", "weekly"), Pair(options with { RetentionPolicy = "weekly" }));
        Assert.Equal(("db", "weekly"), Pair(options with { RetentionPolicy = null }));
        Assert.Equal(("db", null), Pair(options with { Database = "db", RetentionPolicy = "" }));
        Assert.Equal(("/db", null), Pair(options with { Database = "/db", RetentionPolicy = null }));
        Assert.Equal(("db/", null), Pair(options with { Database = "db/", RetentionPolicy = null }));
        Assert.Equal("db", DatabaseName.Parse("db/autogen").ForInfluxDB3);
    }

    [SkippableTheory]
    [InlineData(InfluxApi.V1)]
    [InlineData(InfluxApi.V2)]
    public async Task An_empty_answer_names_the_policies_that_have_the_measurement(InfluxApi api)
    {
        await using Target target = await Target.MakeAsync(api, influx1, influx3);
        await using ITelemetryStore weekly = Open(target.Options with { RetentionPolicy = "weekly" }), usual = Open(target.Options);
        Listener listener = new();
        ObservedStore observed = new(usual, listener);
        Assert.Empty(await ReadAsync(observed));
        Assert.Empty(listener.Warnings);

        await weekly.WriteAsync([Make(1)], default);
        Assert.Empty(await ReadAsync(observed));
        string warning = Assert.Single(listener.Warnings.Distinct());
        Assert.Contains($"vm_totals has no data in the retention policy 'autogen' of {target.Options.Database}; there is some in 'weekly'.", warning, StringComparison.Ordinal);
        Assert.Contains("-RetentionPolicy weekly", warning, StringComparison.Ordinal);

        // The other way round, and nothing where the policy has it while the range has none.
        await usual.WriteAsync([Make(2)], default);
        listener.Warnings.Clear();
        Assert.Empty(await ReadAsync(observed, finish: 0));
        Assert.Empty(listener.Warnings);
    }

    [SkippableTheory]
    [InlineData(InfluxApi.V1)]
    [InlineData(InfluxApi.V2)]
    public async Task A_place_that_is_not_there_is_refused_with_the_way_out(InfluxApi api)
    {
        await using Target target = await Target.MakeAsync(api, influx1, influx3);
        await using ITelemetryStore there = Open(target.Options), weekly = Open(target.Options with { RetentionPolicy = "weekly" });
        await WriteTarget.ThrowIfMissingAsync(there, default);
        await WriteTarget.ThrowIfMissingAsync(weekly, default);
        foreach (ConnectionOptions missing in new[] { target.Options with { Database = "nosuch" }, target.Options with { RetentionPolicy = "nosuch" } })
        {
            await using ITelemetryStore store = Open(missing);
            VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(() => WriteTarget.ThrowIfMissingAsync(store, default).AsTask());
            Assert.Equal(("WriteTargetMissing", VmStatsErrorKind.NotFound), (refused.ErrorId, refused.Kind));
            Assert.Contains("Initialize-VmStatsDatabase", refused.Recommendation, StringComparison.Ordinal);

            RecordDelivery delivery = await RecordDelivery.DeliverAsync(store, Record(), default);
            Assert.NotNull(delivery.Reason);
            Assert.Contains("Initialize-VmStatsDatabase", delivery.Reason, StringComparison.Ordinal);
        }

        // Who may write only finds out as well.
        if (target.Server2 is { } server)
        {
            Secret writer = new(await server.MakeTokenAsync(target.Options.Database!, mayRead: false, mayWrite: true), "-Token");
            await using ITelemetryStore permitted = Open(target.Options with { Token = writer }), missing = Open(target.Options with { Token = writer, Database = "nosuch" });
            await WriteTarget.ThrowIfMissingAsync(permitted, default);
            await Assert.ThrowsAsync<VmStatsException>(() => WriteTarget.ThrowIfMissingAsync(missing, default).AsTask());
        }
    }

    [SkippableFact]
    public async Task On_InfluxDB_3_the_first_write_makes_the_database()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using ITelemetryStore records = Open(options with { Database = "by_record" }), points = Open(options with { Database = "by_points" });
        await WriteTarget.ThrowIfMissingAsync(records, default);
        Assert.Null((await RecordDelivery.DeliverAsync(records, Record(), default)).Reason);
        IReadOnlyList<Point> fitted = await new PointConformer(points, TagVocabulary.Rules).ConformAsync([Make(1)], default);
        Assert.Equal(1, (await points.WriteAsync(fitted, default)).Written);
        Assert.Equal([1L], await ReadAsync(points));
    }

    [Fact]
    public async Task A_server_that_is_away_is_no_reason_to_refuse()
    {
        await using ITelemetryStore store = Open(new ConnectionOptions { Url = new Uri("http://127.0.0.1:1"), Database = "db", Api = InfluxApi.V1 });
        await WriteTarget.ThrowIfMissingAsync(store, default);
    }

    private static Point Make(long value) => new(s_shape, value, ["web"], [FieldValue.From(value)]);

    private static MemoryDumpRecord Record() => new()
    {
        DumpId = Guid.NewGuid(),
        Name = "web",
        Uuid = Guid.NewGuid(),
        TimeUtc = DateTime.UtcNow,
        State = MemoryDumpState.Failed,
    };

    private static (string, string?) Pair(ConnectionOptions options) => (DatabaseName.Of(options).Database, DatabaseName.Of(options).Policy);

    private static ITelemetryStore Open(ConnectionOptions options) => StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());

    private static async Task<List<long?>> ReadAsync(ITelemetryStore store, long? finish = null)
    {
        List<long?> values = [];
        await foreach (StoreRow row in store.QueryAsync(new StoreQuery("vm_totals") { Finish = finish }, default))
        {
            values.Add(row["cputime"].AsInt64());
        }

        return values;
    }

    /// <summary>A database with a second retention policy, weekly, as each version has one.</summary>
    private sealed record Target(ConnectionOptions Options, Influx2StandIn? Server2) : IAsyncDisposable
    {
        public static async Task<Target> MakeAsync(InfluxApi api, Influx1 influx1, Influx3Server influx3)
        {
            if (api == InfluxApi.V3)
            {
                Part.Require(Influx3StandIn.WhyNotExecuting);
                return new Target(influx3.NewOptions(), null);
            }

            Part.Require(InfluxServer.WhyAbsent);
            string database = await influx1.Server.CreateDatabaseAsync();
            if (api == InfluxApi.V1)
            {
                await influx1.Server.QueryAsync($"CREATE RETENTION POLICY weekly ON {database} DURATION INF REPLICATION 1");
                return new Target(new ConnectionOptions { Url = influx1.Server.Url, Database = database }, null);
            }

            Influx2StandIn server = await Influx2StandIn.StartAsync(influx1.Server);
            ConnectionOptions options = new() { Url = server.Url, Database = database, Token = new Secret(Influx2StandIn.Token, "-Token") };
            await using ITelemetryStore weekly = Open(options with { RetentionPolicy = "weekly" });
            await foreach (DatabaseStep step in (await DatabaseInitializer.ForAsync(weekly, options, false, default)).PlanAsync(null, default))
            {
                await step.RunAsync(default);
            }

            return new Target(options, server);
        }

        public ValueTask DisposeAsync() => Server2?.DisposeAsync() ?? default;
    }

    private sealed class Listener : IQueryObserver
    {
        public List<string> Warnings { get; } = [];

        public void OnProgress(QueryProgress progress)
        {
        }

        public void OnWarning(string text) => Warnings.Add(text);
    }
}
