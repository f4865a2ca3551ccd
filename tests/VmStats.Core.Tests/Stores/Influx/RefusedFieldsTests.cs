using System.Globalization;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Core.Tests.Stores.Influx3;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Core.Tests.Telemetry;
using VmStats.Diagnostics;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.Influx;

/// <summary>Fields that a table doesn't take: the rest of their points is written.</summary>
public sealed class RefusedFieldsTests(Influx1 influx1, Influx3Server influx3) : IClassFixture<Influx1>, IClassFixture<Influx3Server>
{
    private static readonly PointShape s_shape = new("m", ["a"], ["good", "odd", "other"]);
    private readonly ManualTime _clock = new(DateTimeOffset.UtcNow);

    [SkippableFact]
    public async Task InfluxDB_1_takes_the_rest_of_a_point()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx1.Server.CreateDatabaseAsync();
        await influx1.Server.WriteAsync(database, "m,a=x odd=true,other=false 1");
        await ConflictsAreLeftOutAsync(new ConnectionOptions { Url = influx1.Server.Url, Database = database });
    }

    [SkippableFact]
    public async Task InfluxDB_3_takes_the_rest_of_a_point()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using (ITelemetryStore before = StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure()))
        {
            await before.WriteAsync([new Point(new PointShape("m", ["a"], ["odd", "other"]), 1, ["x"], [FieldValue.From(true), FieldValue.From(false)])], default);
        }

        await ConflictsAreLeftOutAsync(options);
    }

    [SkippableFact]
    public async Task Fields_beyond_the_tables_columns_are_left_out()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure(), clock: _clock);
        string[] many = [.. Enumerable.Range(0, 498).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}"))];
        WriteResult first = await store.WriteAsync([new Point(new PointShape("m", ["a"], many), 1, ["x"], [.. many.Select(_ => FieldValue.From(1L))])], default);
        Assert.Equal((1, 0), (first.Written, first.FieldsLeftOut));

        // A tag and 498 fields are there: of three fields more there is room for one.
        WriteResult result = await store.WriteAsync([MakePoint(2, 1, 2, 3), new Point(new PointShape("m", ["a"], ["f0"]), 3, ["x"], [FieldValue.From(1L)])], default);
        Assert.Equal((2, 0, 2), (result.Written, result.Rejected.Count, result.FieldsLeftOut));
        Assert.Contains("m.odd (the table has all the columns", result.Warning, StringComparison.Ordinal);
        StoreRow row = (await RowsAsync(store))[1];
        Assert.Equal((1L, true, true), (row["good"].AsInt64(), row["odd"].IsNull, row["other"].IsNull));
    }

    [SkippableTheory]
    [InlineData(440, VmStatsConnectionCheckResult.Passed)]
    [InlineData(460, VmStatsConnectionCheckResult.Warning)]
    public async Task A_table_that_is_almost_full_is_warned_of(int fields, VmStatsConnectionCheckResult expected)
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ConnectionOptions options = influx3.NewOptions();
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure());
        string[] names = [.. Enumerable.Range(0, fields).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}"))];
        await store.WriteAsync([new Point(new PointShape("vm_totals", ["uuid"], names), 1, ["x"], [.. names.Select(_ => FieldValue.From(1L))])], default);
        List<VmStatsConnectionCheck> links = await TelemetryTable.ListAsync(new ConnectionChecker(options, store, TimeProvider.System).CheckAsync(default));
        VmStatsConnectionCheck schema = links.Single(link => link.Link == "Schema");
        Assert.Equal((expected, expected == VmStatsConnectionCheckResult.Warning), (schema.Result, schema.Detail.Contains("500", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task A_point_of_nothing_but_such_fields_is_refused()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx1.Server.CreateDatabaseAsync();
        await influx1.Server.WriteAsync(database, "m,a=x odd=true 1");
        await using InfluxStore store = new(new ConnectionOptions { Url = influx1.Server.Url, Database = database }, new VmStats.Infrastructure.Infrastructure());
        Point point = new(new PointShape("m", ["a"], ["odd"]), 2, ["x"], [FieldValue.From("text")]);
        WriteResult result = await store.WriteAsync([point], default);
        Assert.Equal((0, point, 0), (result.Written, Assert.Single(result.Rejected).Point, result.FieldsLeftOut));
        Assert.Contains("type conflict", result.Rejected[0].Reason, StringComparison.Ordinal);
    }

    private async Task ConflictsAreLeftOutAsync(ConnectionOptions options)
    {
        await using InfluxStore store = new(options, new VmStats.Infrastructure.Infrastructure(), clock: _clock);
        WriteResult result = await store.WriteAsync([.. Enumerable.Range(2, 20).Select(i => MakePoint(i, i, i, i))], default);
        Assert.Equal((20, 0, 40), (result.Written, result.Rejected.Count, result.FieldsLeftOut));
        Assert.Contains("m.odd (boolean there), m.other (boolean there)", result.Warning, StringComparison.Ordinal);
        List<StoreRow> rows = await RowsAsync(store);
        Assert.Equal(21, rows.Count);
        Assert.All(rows.Skip(1), row => Assert.Equal((row.Time, true, true), (row["good"].AsInt64(), row["odd"].IsNull, row["other"].IsNull)));

        // It is remembered, and told the same way; a batch in which all is well, too.
        WriteResult next = await store.WriteAsync([MakePoint(50, 50, 50, null)], default);
        Assert.Equal((1, 1, result.Warning), (next.Written, next.FieldsLeftOut, next.Warning));
        Assert.Equal(result.Warning, (await store.WriteAsync([MakePoint(51, 51, null, null)], default)).Warning);

        // For a while.
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Null((await store.WriteAsync([MakePoint(52, 52, null, null)], default)).Warning);
    }

    private static async Task<List<StoreRow>> RowsAsync(InfluxStore store) => await TelemetryTable.ListAsync(store.QueryAsync(new("m"), default));

    private static Point MakePoint(long time, long? good, long? odd, long? other) =>
        new(s_shape, time, ["x"], [FieldValue.From(good), FieldValue.From(odd), FieldValue.From(other)]);
}
