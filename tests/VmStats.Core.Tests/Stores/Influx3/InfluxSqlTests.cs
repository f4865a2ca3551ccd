using VmStats.Fixtures;
using VmStats.Fixtures.Sql;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx3;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>The SQL for InfluxDB 3: parsed by its dialect's parser as it is sent, and run by DataFusion with the values put in.</summary>
public sealed class InfluxSqlTests
{
    private const long Minute = 60 * UnixTime.NanosecondsPerSecond;
    private const long T0 = 1_767_225_600 * UnixTime.NanosecondsPerSecond;
    private const string Nasty = "it's \"; DROP TABLE vm_totals; --";

    // Five rows of three VMs; one of them has no Load, one is named to be nasty, one is of the other vocabulary.
    private const string Table = """
        CREATE VIEW vm_totals AS SELECT arrow_cast(t, 'Timestamp(Nanosecond, None)') AS time, a AS "VMID", b AS name, c AS uuid, d AS "UUID", e AS cputime, f AS "Load"
        FROM (VALUES
          ('2026-01-01T00:00:00', '1', 'web01', 'u1', NULL, 10, 0.5),
          ('2026-01-01T00:01:00', '1', 'web01', 'u1', NULL, 20, NULL),
          ('2026-01-01T00:06:00', '9', 'web01', 'u1', NULL, 30, 1.5),
          ('2026-01-01T00:02:00', '2', 'it''s "; DROP TABLE vm_totals; --', 'u2', NULL, 40, 2.5),
          ('2026-01-01T00:03:00', '3', 'db01', NULL, 'u3', 50, 3.5)) v(t, a, b, c, d, e, f)
        """;

    private static readonly MeasurementSchema s_schema = new(
        "vm_totals", ["VMID", "name", "uuid", "UUID"], new Dictionary<string, FieldKind> { ["cputime"] = FieldKind.Integer, ["Load"] = FieldKind.Float });

    private static readonly StoreQuery s_all = new("vm_totals");

    public static TheoryData<string, object, string[]> Queries => new()
    {
        { "columns", s_all with { Columns = ["VMID", "cputime", "missing"] }, ["2026-01-01T00:00:00|1|10", "2026-01-01T00:01:00|1|20", "2026-01-01T00:02:00|2|40", "2026-01-01T00:03:00|3|50", "2026-01-01T00:06:00|9|30"] },
        { "range", s_all with { Columns = ["cputime"], Start = T0 + Minute, Finish = T0 + (3 * Minute) }, ["2026-01-01T00:01:00|20", "2026-01-01T00:02:00|40"] },
        { "newest first", s_all with { Columns = ["cputime"], Descending = true, Limit = 2, Skip = 1 }, ["2026-01-01T00:03:00|50", "2026-01-01T00:02:00|40"] },
        { "nasty value", s_all with { Columns = ["cputime"], Filters = [ColumnFilter.In("name", Nasty)] }, ["2026-01-01T00:02:00|40"] },
        { "any of two columns", s_all with { Columns = ["cputime"], Filters = [new ColumnFilter(["uuid", "UUID"], [FieldValue.From("u3"), FieldValue.From("u2")])] }, ["2026-01-01T00:02:00|40", "2026-01-01T00:03:00|50"] },
        { "latest two", s_all with { Columns = ["cputime"], Latest = new LatestPerGroup(["uuid", "UUID"], 2), Filters = [ColumnFilter.In("name", "web01", "db01")] }, ["2026-01-01T00:06:00|u1||30", "2026-01-01T00:01:00|u1||20", "2026-01-01T00:03:00||u3|50"] },
        { "distinct", s_all with { Distinct = ["name"] }, ["db01", Nasty, "web01"] },
        {
            "buckets",
            s_all with
            {
                Filters = [ColumnFilter.In("name", "web01")],
                Aggregation = new Aggregation(
                    [new(AggregateFunction.Count, "Load", "n"), new(AggregateFunction.Sum, "cputime", "sum"), new(AggregateFunction.First, "Load", "first"), new(AggregateFunction.Last, "Load", "last")],
                    ["name"],
                    5 * Minute),
            },
            ["2026-01-01T00:00:00|web01|1|30|0.5|0.5", "2026-01-01T00:05:00|web01|1|30|1.5|1.5"]
        },
        {
            "rates",
            s_all with
            {
                Start = T0 + Minute,
                Finish = T0 + (10 * Minute),
                Aggregation = new Aggregation([new(AggregateFunction.Count, "cputime", "n"), new(AggregateFunction.Maximum, "cputime", "max")], ["name"]) { Rates = new CounterRates("cputime", Minute) },
            },
            ["web01|2|0.16666666666666666"]
        },
        { "whole range", s_all with { Aggregation = new Aggregation([new(AggregateFunction.Average, "cputime", "avg"), new(AggregateFunction.Maximum, "Load", "max")], []) }, ["30.0|3.5"] },
    };

    [SkippableTheory]
    [MemberData(nameof(Queries))]
    public async Task Is_parsed_as_it_is_sent_and_gives_the_right_rows(string what, object query, string[] expected)
    {
        Part.Require(SqlCheck.WhyAbsent);
        RenderedQuery rendered = InfluxSqlRenderer.Render(QueryPlan.For((StoreQuery)query, s_schema)!);
        IReadOnlyList<SqlAnswer> answers = await SqlCheck.RunAsync([new(rendered.Text, false), new(Table, true), new(Inline(rendered), true)]);
        Assert.All(answers, answer => Assert.True(answer.Error is null, $"{what}: {answer.Error}\n{rendered.Text}"));
        Assert.Equal(expected, answers[2].Rows);
        Assert.DoesNotContain("DROP TABLE", rendered.Text, StringComparison.Ordinal);
    }

    // Statements that no DataFusion can run, since they name what only InfluxDB 3 has. The stand-in runs them with views in
    // the place of caches and system tables; here each is held against the dialect's parser.
    [SkippableFact]
    public async Task What_only_InfluxDB_has_is_parsed()
    {
        Part.Require(SqlCheck.WhyAbsent);
        StoreQuery latest = s_all with { Latest = new LatestPerGroup(["uuid"], 2), Filters = [ColumnFilter.In("name", Nasty)] };
        string[] statements =
        [
            InfluxSqlRenderer.Render(QueryPlan.For(latest, s_schema)!, InfluxSqlRenderer.Cache("last_cache", "it's", "vm's latest")).Text,
            InfluxSqlRenderer.Render(QueryPlan.For(s_all with { Distinct = ["name"] }, s_schema)!, InfluxSqlRenderer.Cache("distinct_cache", "vm_totals", "series")).Text,
            TableFilesReader.Sql, TableCachesReader.LastSql, TableCachesReader.DistinctSql,
        ];
        Assert.Contains("FROM last_cache('it''s', 'vm''s latest')", statements[0], StringComparison.Ordinal);
        IReadOnlyList<SqlAnswer> answers = await SqlCheck.RunAsync(statements.Select(sql => new SqlStatement(sql, false)));
        Assert.All(answers, answer => Assert.Null(answer.Error));
    }

    [Fact]
    public void Statements_over_tables_use_nothing_that_only_InfluxDB_has() =>
        Assert.All(Queries, row =>
        {
            string sql = InfluxSqlRenderer.Render(QueryPlan.For((StoreQuery)row[1], s_schema)!).Text;
            Assert.DoesNotMatch(@"selector_|gapfill|locf|interpolate|derivative|last_cache|distinct_cache|tz\(", sql);
        });

    [SkippableFact]
    public async Task The_check_itself_finds_what_is_wrong()
    {
        Part.Require(SqlCheck.WhyAbsent);
        IReadOnlyList<SqlAnswer> answers = await SqlCheck.RunAsync([new("SELEC 1", false), new(Table, true), new("SELECT VMID FROM vm_totals", true)]);
        Assert.Contains("Expected: an SQL statement", answers[0].Error, StringComparison.Ordinal);
        Assert.Contains("No field named vmid", answers[2].Error, StringComparison.Ordinal);
    }

    // InfluxDB takes the values as parameters; this DataFusion takes none.
    private static string Inline(RenderedQuery rendered) => rendered.Parameters
        .OrderByDescending(parameter => parameter.Key.Length).ThenByDescending(parameter => parameter.Key, StringComparer.Ordinal)
        .Aggregate(rendered.Text, (sql, parameter) => sql.Replace(
            "$" + parameter.Key, $"'{parameter.Value.ToString().Replace("'", "''", StringComparison.Ordinal)}'", StringComparison.Ordinal));
}
