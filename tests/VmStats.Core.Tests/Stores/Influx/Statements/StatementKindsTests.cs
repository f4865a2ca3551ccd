using VmStats.Stores.Influx.Statements;

namespace VmStats.Core.Tests.Stores.Influx.Statements;

/// <summary>What is told of a statement before it is sent.</summary>
public sealed class StatementKindsTests
{
    [Theory]
    [InlineData("DROP MEASUREMENT m", true)]
    [InlineData("(drop table m)", true)]
    [InlineData("SHOW MEASUREMENTS; DELETE FROM m", true)]
    [InlineData("SELECT * INTO n FROM m", true)]
    [InlineData("-- remark\nALTER RETENTION POLICY p ON d DURATION 1d", true)]
    [InlineData("/* remark */ kill query 3", true)]
    [InlineData("WITH t AS (SELECT 1) INSERT INTO m SELECT * FROM t", true)]
    [InlineData("EXPLAIN ANALYZE DELETE FROM m", true)]
    [InlineData("SELECT * FROM m WHERE s = 'it\\'s'; DROP MEASUREMENT m", true)]
    [InlineData("SELECT * FROM m WHERE s = 'a\\'; DROP TABLE m", true)]
    [InlineData("SELECT * FROM /it's/; DROP MEASUREMENT m", true)]
    [InlineData("SELECT * FROM m WHERE s =~ /it's/; DROP MEASUREMENT m", true)]
    [InlineData("SELEC 1", false)]
    [InlineData("DROPP MEASUREMENT m", false)]
    [InlineData("SELECT 'DROP; INTO' AS \"into\" FROM m", false)]
    [InlineData("SELECT a / b FROM m WHERE s = 'x; DELETE FROM m'", false)]
    [InlineData("SELECT 1 -- ; DROP MEASUREMENT m", false)]
    [InlineData("SELECT 1 /* ; DROP MEASUREMENT m */", false)]
    [InlineData("SHOW DATABASES", false)]
    [InlineData("", false)]
    public void What_is_known_to_change_something_is_told(string query, bool changes) =>
        Assert.Equal(changes, StatementKinds.ModifiesData(query));

    [Theory]
    [InlineData("SELECT x AS time FROM m", true)]
    [InlineData("SELECT x as \"time\" FROM m", true)]
    [InlineData("SELECT max(x) time FROM m", true)]
    [InlineData("SELECT time, 'AS time' FROM m WHERE time > 1", false)]
    [InlineData("SELECT date_bin(INTERVAL '1 hour', time) AS hour FROM m", false)]
    public void A_name_that_is_given_to_something_else_is_told(string sql, bool names) =>
        Assert.Equal(names, StatementKinds.HasTimeAlias(sql));

    [Fact]
    public void InfluxQLs_names_of_the_time_and_its_selects_are_told()
    {
        const string query = "SELECT time AS \"a b\", x FROM m; ; SHOW MEASUREMENTS; (select time as t, y from m)";
        Assert.Equal(["a b", "t"], StatementKinds.TimeAliases(query));
        Assert.Equal([true, false, true], StatementKinds.Selects(query));
    }

    [Theory]
    [InlineData("SELECT 1", true)]
    [InlineData("WITH t AS (SELECT 1) SELECT * FROM t;", true)]
    [InlineData("SELECT 1; SELECT 2", false)]
    [InlineData("SHOW TABLES", false)]
    [InlineData("EXPLAIN SELECT 1", false)]
    public void SQL_that_can_stand_in_another_query_is_told(string sql, bool isQuery) => Assert.Equal(isQuery, StatementKinds.IsSqlQuery(sql));
}
