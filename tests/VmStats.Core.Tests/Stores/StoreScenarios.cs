using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>What every store must do alike: the same points in, the same rows out. One subclass per store.</summary>
public abstract partial class StoreScenarios
{
    private const long Minute = 60 * UnixTime.NanosecondsPerSecond;
    private const long T0 = 1_767_225_600 * UnixTime.NanosecondsPerSecond;

    private static readonly PointShape s_shape = new("vm_totals", ["VMID", "name", "uuid"], ["cputime", "load", "host", "ok"]);

    // What names may hold; a line feed in a tag can't be written in line protocol, so it is not among them.
    private static readonly string[] s_nasty =
        ["plain", "with space", "comma,equals=", "it's \"quoted\"", "back\\slash", "x' OR '1'='1", "\"; DROP TABLE vm_totals; --", "unicode 名前 ✓", "percent%20&amp;#"];

    private protected abstract ValueTask<ITelemetryStore> OpenAsync();

    [SkippableFact]
    public async Task Points_come_back_as_rows_in_order_of_time()
    {
        await using ITelemetryStore store = await OpenAsync();
        WriteResult result = await store.WriteAsync([Make(2, "a", 30), Make(0, "a", 10), Make(1, "b", 20)], default);
        Assert.Equal((3, 0), (result.Written, result.Rejected.Count));

        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals"));
        Assert.Equal([10L, 20L, 30L], rows.Select(row => row["cputime"].AsInt64()!.Value));
        Assert.Equal([T0, T0 + Minute, T0 + (2 * Minute)], rows.Select(row => row.Time!.Value));
        Assert.Equal(("a", "uuid-a", 0.5, "host", true), (
            rows[0]["name"].AsString(), rows[0]["uuid"].AsString(), rows[0]["load"].AsDouble(), rows[0]["host"].AsString(), rows[0]["ok"].AsBoolean()));

        Assert.Equal([30L, 20L], (await ReadAsync(store, new StoreQuery("vm_totals") { Descending = true, Limit = 2 })).Select(row => row["cputime"].AsInt64()!.Value));
        Assert.Equal([20L], (await ReadAsync(store, new StoreQuery("vm_totals") { Skip = 1, Limit = 1 })).Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableFact]
    public async Task A_range_includes_its_start_and_not_its_finish()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync(Enumerable.Range(0, 5).Select(i => Make(i, "a", i)).ToArray(), default);
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals") { Start = T0 + Minute, Finish = T0 + (3 * Minute) });
        Assert.Equal([1L, 2L], rows.Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableFact]
    public async Task Nasty_names_are_values_and_nothing_else()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync(s_nasty.Select((name, i) => Make(i, name, i)).ToArray(), default);
        for (int i = 0; i < s_nasty.Length; i++)
        {
            List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals") { Filters = [ColumnFilter.In("name", s_nasty[i])] });
            Assert.Equal(s_nasty[i], Assert.Single(rows)["name"].AsString());
            Assert.Equal(i, rows[0]["cputime"].AsInt64());
        }
    }

    [SkippableFact]
    public async Task Any_of_two_columns_may_match_and_none_of_no_values()
    {
        await using ITelemetryStore store = await OpenAsync();
        PointShape older = new("vm_totals", ["VMID", "UUID", "Dom"], ["cputime"]);
        await store.WriteAsync([Make(0, "a", 1), new Point(older, T0 + Minute, ["7", "uuid-a", "a"], [FieldValue.From(2L)])], default);
        List<StoreRow> both = await ReadAsync(store, new StoreQuery("vm_totals")
        {
            Filters = [new ColumnFilter(["uuid", "UUID", "nonexistent"], [FieldValue.From("uuid-a")])],
        });
        Assert.Equal([1L, 2L], both.Select(row => row["cputime"].AsInt64()!.Value));
        Assert.Empty(await ReadAsync(store, new StoreQuery("vm_totals") { Filters = [new ColumnFilter(["uuid"], [])] }));
        Assert.Empty(await ReadAsync(store, new StoreQuery("vm_totals") { Filters = [ColumnFilter.In("nonexistent", "x")] }));
    }

    [SkippableFact]
    public async Task Latest_is_the_newest_rows_of_each_group_over_its_series()
    {
        await using ITelemetryStore store = await OpenAsync();

        // VM a was restarted: its run-time id, and so its series, changed.
        await store.WriteAsync([Make(0, "a", 1), Make(1, "a", 2), Make(2, "a", 3, id: "9"), Make(1, "b", 9)], default);
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals") { Latest = new LatestPerGroup(["uuid", "UUID"], 2) });
        Assert.Equal([3L, 2L], rows.Where(row => row["uuid"].AsString() == "uuid-a").Select(row => row["cputime"].AsInt64()!.Value));
        Assert.Equal([9L], rows.Where(row => row["uuid"].AsString() == "uuid-b").Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableFact]
    public async Task Distinct_gives_each_combination_once()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([Make(0, "a", 1), Make(1, "a", 2), Make(1, "b", 9)], default);
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals") { Distinct = ["name", "uuid"] });
        Assert.Equal(["a uuid-a", "b uuid-b"], rows.Select(row => $"{row["name"]} {row["uuid"]}").Order());
    }

    [SkippableFact]
    public async Task Aggregates_are_computed_per_group_and_bucket()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync(Enumerable.Range(0, 10).Select(i => Make(i, "a", i)).Append(Make(0, "b", 100)).ToArray(), default);
        Aggregate[] aggregates =
        [
            new(AggregateFunction.Count, "cputime", "n"), new(AggregateFunction.Average, "cputime", "avg"), new(AggregateFunction.Minimum, "cputime", "min"),
            new(AggregateFunction.Maximum, "cputime", "max"), new(AggregateFunction.Sum, "cputime", "sum"), new(AggregateFunction.First, "cputime", "first"), new(AggregateFunction.Last, "cputime", "last"),
        ];
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals")
        {
            Start = T0,
            Finish = T0 + (10 * Minute),
            Aggregation = new Aggregation(aggregates, ["name"], 5 * Minute),
        });
        IEnumerable<string> texts = rows.OrderBy(row => row["name"].AsString()).ThenBy(row => row.Time)
            .Select(row => $"{row["name"]} {(row.Time - T0) / Minute} {string.Join(' ', aggregates.Select(one => row[one.Name].AsDouble()))}");
        Assert.Equal(["a 0 5 2 0 4 10 0 4", "a 5 5 7 5 9 35 5 9", "b 0 1 100 100 100 100 100 100"], texts);
    }

    [SkippableFact]
    public async Task Aggregates_of_a_whole_range_are_a_row_per_group_without_a_time()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync(Enumerable.Range(0, 10).Select(i => Make(i, "a", i)).Append(Make(3, "b", 100)).ToArray(), default);
        Aggregate[] aggregates =
        [
            new(AggregateFunction.Count, "cputime", "n"), new(AggregateFunction.Average, "cputime", "avg"), new(AggregateFunction.Sum, "cputime", "sum"),
            new(AggregateFunction.First, "cputime", "first"), new(AggregateFunction.Last, "cputime", "last"),
        ];
        StoreQuery query = new("vm_totals") { Start = T0 + Minute, Finish = T0 + (9 * Minute), Aggregation = new Aggregation(aggregates, ["name"]) };
        List<StoreRow> rows = await ReadAsync(store, query);
        Assert.All(rows, row => Assert.Null(row.Time));
        Assert.Equal(
            ["a 8 4.5 36 1 8", "b 1 100 100 100 100"],
            rows.Select(row => $"{row["name"]} {string.Join(' ', aggregates.Select(one => row[one.Name].ToString()))}").Order(StringComparer.Ordinal));

        // Rows are counted as well as values: one VM has a row without the value.
        await store.WriteAsync([new Point(new PointShape("vm_totals", ["name", "uuid"], ["load"]), T0 + (4 * Minute), ["b", "uuid-b"], [FieldValue.From(1.0)])], default);
        List<StoreRow> counted = await ReadAsync(store, query with
        {
            Aggregation = new Aggregation([new(AggregateFunction.Count, null, "rows"), new(AggregateFunction.Count, "cputime", "n")], ["name"]),
        });
        Assert.Equal(["a 8 8", "b 2 1"], counted.Select(row => $"{row["name"]} {row["rows"]} {row["n"]}").Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Rates_of_a_counter_are_those_between_the_rows_of_a_group()
    {
        await using ITelemetryStore store = await OpenAsync();
        PointShape without = new("vm_totals", ["VMID", "name", "uuid"], ["load"]);
        const long large = long.MaxValue / 2;
        await store.WriteAsync(
            [
                // The first is only there to have a rate from. A restart gives a another id, and sets its counter back.
                Make(0, "a", 0), Make(1, "a", 600), Make(2, "a", 1800), Make(3, "a", 60, id: "2"), Make(5, "a", 660, id: "2"),

                // A reset without a restart; a row that lacks the counter; libvirt's "not reported"; digits that a double hasn't.
                Make(1, "b", 6000), Make(2, "b", 0), new Point(without, T0 + (3 * Minute), ["1", "b", "uuid-b"], [FieldValue.From(1.0)]), Make(4, "b", 240),
                Make(1, "c", -1), Make(2, "c", large), Make(3, "c", large + 60), Make(4, "c", -1), Make(9, "c", large + 90),

                // One row has no rate.
                Make(2, "d", 1),
            ],
            default);
        Aggregate[] aggregates =
        [
            new(AggregateFunction.Count, "cputime", "n"), new(AggregateFunction.Average, "cputime", "avg"), new(AggregateFunction.Minimum, "cputime", "min"),
            new(AggregateFunction.Maximum, "cputime", "max"), new(AggregateFunction.Sum, "cputime", "sum"), new(AggregateFunction.Last, "cputime", "last"),
        ];
        StoreQuery query = new("vm_totals")
        {
            Start = T0 + Minute,
            Finish = T0 + (9 * Minute),
            Aggregation = new Aggregation(aggregates, ["uuid", "VMID"]) { Rates = new CounterRates("cputime", Minute) },
        };
        async Task<IEnumerable<string>> RatesAsync(StoreQuery asked) => (await ReadAsync(store, asked))
            .Select(row => $"{row["uuid"]} {row["VMID"]} {string.Join(' ', aggregates.Select(one => row[one.Name].AsDouble()))}")
            .Order(StringComparer.Ordinal);
        Assert.Equal(
            ["uuid-a 1 2 15 10 20 30 20", "uuid-a 2 1 5 5 5 5 5", "uuid-b 1 1 2 2 2 2 2", "uuid-c 1 1 1 1 1 1 1"],
            await RatesAsync(query));

        // Without a lead-in the first row has no rate; without bounds all of them count.
        Aggregation all = query.Aggregation with { Rates = new CounterRates("cputime", 0) };
        Assert.Contains("uuid-a 1 1 20 20 20 20 20", await RatesAsync(query with { Aggregation = all }));
        Assert.Contains("uuid-c 1 2 0.5416666666666666 0.08333333333333333 1 1.0833333333333333 0.08333333333333333", await RatesAsync(query with { Start = null, Finish = null, Aggregation = all }));
        Assert.Equal(["uuid-a 2 1 5 5 5 5 5"], await RatesAsync(query with { Filters = [ColumnFilter.In("VMID", "2")] }));
        Assert.Empty(await RatesAsync(query with { Aggregation = query.Aggregation with { Rates = new CounterRates("nothing", 0) } }));

        // Two minutes' buckets, newest first.
        List<StoreRow> buckets = await ReadAsync(store, query with { Aggregation = query.Aggregation with { GroupBy = ["uuid", "VMID"], Interval = 2 * Minute }, Filters = [ColumnFilter.In("name", "a")], Descending = true });
        Assert.Equal(["4 2 1 5", "2 1 1 20", "0 1 1 10"], buckets.Select(row => $"{(row.Time - T0) / Minute} {row["VMID"]} {row["n"]} {row["avg"].AsDouble()}"));
    }

    [SkippableFact]
    public async Task Buckets_come_newest_first_and_end_at_the_limit()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync(Enumerable.Range(0, 10).Select(i => Make(i, "a", i)).Append(Make(9, "b", 100)).ToArray(), default);
        List<StoreRow> rows = await ReadAsync(store, new StoreQuery("vm_totals")
        {
            Start = T0,
            Finish = T0 + (10 * Minute),
            Descending = true,
            Limit = 3,
            Aggregation = new Aggregation([new(AggregateFunction.Maximum, "cputime", "max")], [], 2 * Minute),
        });
        Assert.Equal(["8 100", "6 7", "4 5"], rows.Select(row => $"{(row.Time - T0) / Minute} {row["max"]}"));
    }

    [SkippableFact]
    public async Task A_measurement_that_is_not_there_gives_nothing_and_no_error()
    {
        await using ITelemetryStore store = await OpenAsync();
        Assert.Null(await store.GetSchemaAsync("nonexistent", default));
        Assert.Empty(await ReadAsync(store, new StoreQuery("nonexistent")));
        await store.WriteAsync([Make(0, "a", 1)], default);
        StoreRow row = Assert.Single(await ReadAsync(store, new StoreQuery("vm_totals") { Columns = ["cputime", "nonexistent"] }));
        Assert.Equal(1, row["cputime"].AsInt64());
        Assert.True(row["nonexistent"].IsNull);
    }

    [SkippableFact]
    public async Task The_schema_is_learnt_and_grows_with_a_write()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([Make(0, "a", 1)], default);
        MeasurementSchema schema = (await store.GetSchemaAsync("vm_totals", default))!;
        Assert.Equal(["VMID", "name", "uuid"], schema.Tags.Order(StringComparer.Ordinal));
        Assert.Equal((FieldKind.Integer, FieldKind.Float, FieldKind.String, FieldKind.Boolean), (schema.Fields["cputime"], schema.Fields["load"], schema.Fields["host"], schema.Fields["ok"]));
        await store.WriteAsync([new Point(new PointShape("vm_totals", ["name"], ["extra"]), T0, ["a"], [FieldValue.From(1.5)])], default);
        Assert.Equal(FieldKind.Float, (await store.GetSchemaAsync("vm_totals", default))!.Fields["extra"]);
    }

    [SkippableFact]
    public async Task A_point_of_another_type_is_fitted_or_refused_and_the_others_are_kept()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([Make(0, "a", 1)], default);
        PointShape other = new("vm_totals", ["name", "uuid"], ["cputime"]);
        Point Of(int i, FieldValue value) => new(other, T0 + (i * Minute), ["a", "uuid-a"], [value]);
        WriteResult result = await store.WriteAsync([Of(1, FieldValue.From(2.0)), Of(2, FieldValue.From("text")), Of(3, FieldValue.From(4L))], default);
        Assert.Equal(2, result.Written);
        RejectedPoint rejected = Assert.Single(result.Rejected);
        Assert.Equal(T0 + (2 * Minute), rejected.Point.Time);
        Assert.NotEmpty(rejected.Reason);
        Assert.Equal([1L, 2L, 4L], (await ReadAsync(store, new StoreQuery("vm_totals"))).Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableFact]
    public async Task An_integer_that_a_column_of_floats_can_not_hold_is_refused_and_not_rounded()
    {
        const long Largest = 1L << 53;
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([Make(0, "a", 1)], default);
        PointShape load = new("vm_totals", ["VMID", "name", "uuid"], ["load"]);
        Point Of(int i, long value) => new(load, T0 + (i * Minute), ["1", "a", "uuid-a"], [FieldValue.From(value)]);
        WriteResult result = await store.WriteAsync([Of(1, Largest), Of(2, Largest + 1)], default);
        Assert.Equal(1, result.Written);
        Assert.Equal(T0 + (2 * Minute), Assert.Single(result.Rejected).Point.Time);
        Assert.Equal([0.5, Largest], (await ReadAsync(store, new StoreQuery("vm_totals") { Columns = ["load"] })).Select(row => row["load"].AsDouble()!.Value));
    }

    [SkippableFact]
    public async Task Integers_keep_all_their_digits()
    {
        await using ITelemetryStore store = await OpenAsync();
        await store.WriteAsync([Make(0, "a", long.MaxValue), Make(1, "a", long.MinValue + 1), Make(2, "a", 9_007_199_254_740_993)], default);
        Assert.Equal([long.MaxValue, long.MinValue + 1, 9_007_199_254_740_993], (await ReadAsync(store, new StoreQuery("vm_totals"))).Select(row => row["cputime"].AsInt64()!.Value));
    }

    [SkippableFact]
    public async Task The_same_point_again_merges_its_fields()
    {
        await using ITelemetryStore store = await OpenAsync();
        PointShape one = new("m", ["name"], ["x"]), two = new("m", ["name"], ["x", "y"]);
        await store.WriteAsync([new Point(one, T0, ["a"], [FieldValue.From(1L)])], default);
        await store.WriteAsync([new Point(two, T0, ["a"], [FieldValue.Null, FieldValue.From(2L)])], default);
        StoreRow row = Assert.Single(await ReadAsync(store, new StoreQuery("m")));
        Assert.Equal((1, 2), (row["x"].AsInt64(), row["y"].AsInt64()));
    }

    private static Point Make(int minute, string name, long cpu, string id = "1") => new(
        s_shape,
        T0 + (minute * Minute),
        [id, name, "uuid-" + name],
        [FieldValue.From(cpu), FieldValue.From(0.5), FieldValue.From("host"), FieldValue.From(true)]);

    private static async Task<List<StoreRow>> ReadAsync(ITelemetryStore store, StoreQuery query)
    {
        List<StoreRow> rows = [];
        await foreach (StoreRow row in store.QueryAsync(query, default))
        {
            rows.Add(row);
        }

        return rows;
    }
}
