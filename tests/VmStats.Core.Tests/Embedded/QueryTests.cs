using VmStats.Points;
using VmStats.Stores;
using static VmStats.Core.Tests.Embedded.StoreFixture;

namespace VmStats.Core.Tests.Embedded;

public sealed class QueryTests : AsyncTest
{
    private static readonly StoreQuery s_all = new("vm_totals");

    private readonly StoreFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_measurement_that_does_not_exist_gives_nothing()
    {
        Assert.Empty(await _fixture.Query(s_all));
        Assert.Null(await _fixture.Store.GetSchemaAsync("vm_totals", default));
    }

    [Fact]
    public async Task Gives_back_what_was_written_in_time_order()
    {
        WriteResult result = await _fixture.Write(Vm("1", "a", 20, 5), Vm("2", "b", 0, 7, 9), Vm("1", "a", 0, 3, 4));
        Assert.Equal(3, result.Written);
        Assert.Empty(result.Rejected);

        Assert.Equal(["0 b 7 9", "0 a 3 4", "20 a 5 null"], await _fixture.Lines(s_all, "uuid", "cputime", "net_rxbytes"));
        Assert.Equal(["20 a 5", "0 a 3", "0 b 7"], await _fixture.Lines(s_all with { Descending = true }, "uuid", "cputime"));
        StoreRow row = (await _fixture.Query(s_all))[0];
        Assert.Equal(["VMID", "name", "uuid", "cputime", "net_rxbytes"], row.Layout.Columns);
        Assert.Equal(T0, row.Time);
    }

    [Fact]
    public async Task Learns_the_schema()
    {
        await _fixture.Write(Vm("1", "a", 0, 3));
        MeasurementSchema? schema = await _fixture.Store.GetSchemaAsync("vm_totals", default);
        Assert.Equal(["VMID", "name", "uuid"], schema!.Tags);
        Assert.Equal(new Dictionary<string, FieldKind> { ["cputime"] = FieldKind.Integer }, schema.Fields);
        await _fixture.Write(Vm("1", "a", 1, 3, 8));
        schema = await _fixture.Store.GetSchemaAsync("vm_totals", default);
        Assert.Equal(FieldKind.Integer, schema!.Fields["net_rxbytes"]);
    }

    [Fact]
    public async Task Start_is_inclusive_and_finish_exclusive()
    {
        await _fixture.Write(Vm("1", "a", 0, 0), Vm("1", "a", 10, 1), Vm("1", "a", 20, 2));
        StoreQuery query = s_all with { Start = T0, Finish = T0 + 20 * Second };
        Assert.Equal(["0", "10"], await _fixture.Lines(query));
        Assert.Equal(["10"], await _fixture.Lines(query with { Start = T0 + 1 }));
        Assert.Equal(["0", "10", "20"], await _fixture.Lines(query with { Finish = T0 + 20 * Second + 1 }));
        Assert.Empty(await _fixture.Lines(query with { Finish = T0 }));
    }

    [Fact]
    public async Task Limit_and_skip_count_rows_of_the_answer()
    {
        await _fixture.Write(Enumerable.Range(0, 10).Select(i => Vm("1", "a", i, i)).ToArray());
        Assert.Equal(["2", "3"], await _fixture.Lines(s_all with { Limit = 2, Skip = 2 }));
        Assert.Equal(["7", "6"], await _fixture.Lines(s_all with { Limit = 2, Skip = 2, Descending = true }));
        Assert.Equal(["8", "9"], await _fixture.Lines(s_all with { Skip = 8 }));
        Assert.Empty(await _fixture.Lines(s_all with { Limit = 0 }));
    }

    [Fact]
    public async Task Only_the_columns_asked_for_and_absent_ones_are_null()
    {
        await _fixture.Write(Vm("1", "a", 0, 3, 4));
        StoreRow row = Assert.Single(await _fixture.Query(s_all with { Columns = ["net_rxbytes", "nothing", "uuid", "time", "uuid"] }));
        Assert.Equal(["net_rxbytes", "nothing", "uuid"], row.Layout.Columns);
        Assert.Equal(4, row["net_rxbytes"].AsInt64());
        Assert.True(row["nothing"].IsNull);
        Assert.Equal("a", row["uuid"].AsString());
    }

    [Fact]
    public async Task Filters_on_tags_and_fields()
    {
        await _fixture.Write(Vm("1", "a", 0, 3, 4), Vm("2", "b", 0, 5, 6), Vm("3", "c", 0, 7, 8));
        Assert.Equal(["0 b"], await Filter(ColumnFilter.In("uuid", "b")));
        Assert.Equal(["0 a", "0 c"], await Filter(ColumnFilter.In("uuid", "a", "c", "x")));
        Assert.Equal(["0 b"], await Filter(new ColumnFilter(["UUID", "uuid"], [FieldValue.From("b")])));
        Assert.Empty(await Filter(ColumnFilter.In("UUID", "b")));
        Assert.Empty(await Filter(new ColumnFilter(["uuid"], [])));
        Assert.Equal(["0 b"], await Filter(new ColumnFilter(["cputime"], [FieldValue.From(5.0), FieldValue.From("7")])));
        Assert.Equal(["0 a", "0 c"], await Filter(new ColumnFilter(["cputime", "uuid"], [FieldValue.From(3L), FieldValue.From("c")])));
        Assert.Empty(await Filter(ColumnFilter.In("uuid", "a"), ColumnFilter.In("VMID", "2")));
        Assert.Empty(await Filter(new ColumnFilter(["cputime"], [FieldValue.Null])));
    }

    [Fact]
    public async Task Latest_is_per_group_newest_first()
    {
        await _fixture.Write(
            Vm("1", "a", 0, 1), Vm("2", "b", 0, 1), Vm("1", "a", 20, 2), Vm("1", "a", 40, 3), Vm("2", "b", 20, 2));
        Assert.Equal(["40 a", "20 b"], await Latest(1));
        Assert.Equal(["40 a", "20 a", "20 b", "0 b"], await Latest(2));
        Assert.Equal(["40 a", "20 a", "0 a", "20 b", "0 b"], await Latest(3));
        Assert.Equal(["40 a", "20 a"], await Latest(2, start: 21 - 1, filter: ColumnFilter.In("uuid", "a")));
        Assert.Equal(["40 a"], await Latest(2, start: 21));
        Assert.Equal(["20 a", "0 a", "20 b", "0 b"], await Latest(2, finish: 40));
        Assert.Equal(["0 a", "0 b"], await Latest(2, finish: 20));
    }

    [Fact]
    public async Task Latest_over_several_series_of_a_group_is_the_newest_of_all()
    {
        // The VM was started again between 20 and 40: VMID 1, then 7; a late point of the old run comes last.
        await _fixture.Write(Vm("1", "a", 0, 1), Vm("1", "a", 20, 2));
        await _fixture.Write(Vm("7", "a", 40, 1));
        Assert.Equal(["40 a", "20 a"], await Latest(2));
        Assert.Equal(["40 a"], await Latest(1));
        await _fixture.Write(Vm("1", "a", 30, 2));
        Assert.Equal(["40 a", "30 a"], await Latest(2));
        await _fixture.Write(Vm("7", "a", 60, 2));
        Assert.Equal(["60 a", "40 a"], await Latest(2));
        Assert.Equal(["60 a", "40 a", "30 a", "20 a"], await Latest(4));
    }

    [Fact]
    public async Task Points_that_come_late_do_not_become_the_latest()
    {
        await _fixture.Write(Vm("1", "a", 100, 1));
        await _fixture.Write(Vm("1", "a", 50, 1));
        await _fixture.Write(Vm("1", "a", 20, 1));
        Assert.Equal(["100 a", "50 a"], await Latest(2));
        await _fixture.Write(Vm("1", "a", 100, 1), Vm("1", "a", 100, 2));
        Assert.Equal(["100 a", "50 a"], await Latest(2));
        await _fixture.Write(Vm("1", "a", 60, 1), Vm("1", "a", 120, 2));
        Assert.Equal(["120 a", "100 a"], await Latest(2));
    }

    [Fact]
    public async Task Distinct_combinations_come_from_the_series()
    {
        await _fixture.Write(Vm("1", "a", 0, 1), Vm("2", "b", 50, 1), Vm("7", "a", 100, 1), Vm("2", "b", 100, 1));
        StoreQuery query = s_all with { Distinct = ["uuid"] };
        Assert.Equal(["- a", "- b"], await _fixture.Lines(query, "uuid"));
        Assert.Equal(["- b", "- a"], await _fixture.Lines(query with { Descending = true }, "uuid"));
        Assert.Equal(["- b"], await _fixture.Lines(query with { Skip = 1 }, "uuid"));
        Assert.Equal(
            ["- a 1", "- a 7", "- b 2"], await _fixture.Lines(query with { Distinct = ["uuid", "VMID"] }, "uuid", "VMID"));
        Assert.Equal(["- a"], await _fixture.Lines(query with { Finish = T0 + 50 * Second }, "uuid"));
        Assert.Equal(["- b"], await _fixture.Lines(Within(query, 10, 60), "uuid"));
        Assert.Equal(["- a", "- b"], await _fixture.Lines(Within(query, 0, 60), "uuid"));
        Assert.Empty(await _fixture.Lines(Within(query, 60, 90), "uuid"));
        Assert.Equal(["- b"], await _fixture.Lines(query with { Filters = [ColumnFilter.In("VMID", "2")] }, "uuid"));
    }

    [Fact]
    public async Task Aggregates_per_bucket_and_group()
    {
        await _fixture.Write(
            Vm("1", "a", 0, 10), Vm("1", "a", 20, 20, 5), Vm("1", "a", 40, 60, 7), Vm("1", "a", 60, 5),
            Vm("2", "b", 10, 1), Vm("2", "b", 130, 2));
        StoreQuery query = s_all with
        {
            Aggregation = new Aggregation(
                [
                    new(AggregateFunction.Count, null, "n"), new(AggregateFunction.Count, "net_rxbytes", "present"),
                    new(AggregateFunction.Average, "cputime", "mean"), new(AggregateFunction.Minimum, "cputime", "min"),
                    new(AggregateFunction.Maximum, "cputime", "max"), new(AggregateFunction.Sum, "cputime", "sum"),
                    new(AggregateFunction.First, "net_rxbytes", "first"), new(AggregateFunction.Last, "net_rxbytes", "last"),
                    new(AggregateFunction.Sum, "nothing", "none"),
                ],
                ["uuid"],
                60 * Second),
        };
        string[] columns = ["uuid", "n", "present", "mean", "min", "max", "sum", "first", "last", "none"];
        string[] expected =
        [
            "0 a 3 2 30 10 60 90 5 7 null", "0 b 1 0 1 1 1 1 null null null",
            "60 a 1 0 5 5 5 5 null null null", "120 b 1 0 2 2 2 2 null null null",
        ];
        Assert.Equal(expected, await _fixture.Lines(query, columns));
        Assert.Equal(
            [expected[3], expected[2], expected[0], expected[1]], await _fixture.Lines(query with { Descending = true }, columns));
        Assert.Equal([expected[1], expected[2]], await _fixture.Lines(query with { Skip = 1, Limit = 2 }, columns));

        StoreQuery whole = query with { Aggregation = query.Aggregation with { GroupBy = [], Interval = null } };
        Assert.Equal(["- null 6 2 16.333333333333332 1 60 98 5 7 null"], await _fixture.Lines(whole, columns));
        StoreQuery other = query with { Aggregation = query.Aggregation with { GroupBy = ["Dom"] }, Start = T0 + 60 * Second };
        Assert.Equal(["60 null 1", "120 null 1"], await _fixture.Lines(other, "Dom", "n"));
    }

    [Fact]
    public async Task Buckets_before_1970_begin_before_their_points()
    {
        Point early = new(Totals, -1, ["1", "n", "a"], [FieldValue.From(1L), default]);
        await _fixture.Write(early);
        Aggregation count = new([new(AggregateFunction.Count, null, "n")], [], 60 * Second);
        Assert.Equal(-60 * Second, Assert.Single(await _fixture.Query(s_all with { Aggregation = count })).Time);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public async Task A_range_is_the_same_whichever_way_it_is_read(int vmsPerTime)
    {
        // 200 VMs at each time make the store skip from time to time; one at each time makes it pass the rows.
        List<Point> points = [];
        for (int i = 0; i < 4_000; i++)
        {
            int vm = i % 200;
            points.Add(Vm(vm.ToString(System.Globalization.CultureInfo.InvariantCulture), $"u{vm:D3}", i / vmsPerTime, i));
        }

        await _fixture.Write(points.ToArray());
        foreach (string[] wanted in new[] { new[] { "u007" }, ["u100", "u003"] })
        {
            string[] expected = points.Where(point => wanted.Contains(point.Tags[2]))
                .Select(point => $"{(point.Time - T0) / Second} {point.Tags[2]} {point.Fields[0]}").ToArray();
            StoreQuery query = s_all with { Filters = [ColumnFilter.In("uuid", wanted)] };
            Assert.Equal(expected, await _fixture.Lines(query, "uuid", "cputime"));
            Assert.Equal(expected.Reverse(), await _fixture.Lines(query with { Descending = true }, "uuid", "cputime"));
            Assert.Equal(
                expected[1..3], await _fixture.Lines(query with { Start = points[0].Time, Limit = 2, Skip = 1 }, "uuid", "cputime"));
        }
    }

    private static StoreQuery Within(StoreQuery query, long start, long finish) =>
        query with { Start = T0 + start * Second, Finish = T0 + finish * Second };

    private Task<string[]> Filter(params ColumnFilter[] filters) => _fixture.Lines(s_all with { Filters = filters }, "uuid");

    private Task<string[]> Latest(int depth, long? start = null, long? finish = null, ColumnFilter? filter = null) => _fixture.Lines(
        s_all with
        {
            Latest = new LatestPerGroup(["UUID", "uuid"], depth),
            Start = start is null ? null : T0 + start * Second,
            Finish = finish is null ? null : T0 + finish * Second,
            Filters = filter is null ? [] : [filter],
        },
        "uuid");
}
