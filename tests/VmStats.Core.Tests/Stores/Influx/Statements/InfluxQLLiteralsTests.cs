using VmStats.Points;
using VmStats.Stores.Influx.Statements;

namespace VmStats.Core.Tests.Stores.Influx.Statements;

/// <summary>Values in a statement: each a literal of its type, and only where the statement names it.</summary>
public sealed class InfluxQLLiteralsTests
{
    [Theory]
    [InlineData("SELECT a FROM m WHERE n = $n", "SELECT a FROM m WHERE n = 'x''")]
    [InlineData("SELECT '$n' FROM \"$n\" WHERE n = $n", "SELECT '$n' FROM \"$n\" WHERE n = 'x''")]
    [InlineData("SELECT 'it\\'s $n' FROM m", "SELECT 'it\\'s $n' FROM m")]
    [InlineData("SELECT a FROM m -- $n\nWHERE n = $n", "SELECT a FROM m -- $n\nWHERE n = 'x''")]
    [InlineData("SELECT a FROM m /* $n ' */ WHERE n = $n", "SELECT a FROM m /* $n ' */ WHERE n = 'x''")]
    [InlineData("SELECT a FROM m WHERE b =~ /^x$n$/ AND n = $n", "SELECT a FROM m WHERE b =~ /^x$n$/ AND n = 'x''")]
    [InlineData("SELECT a FROM /$n/ WHERE n = $n", "SELECT a FROM /$n/ WHERE n = 'x''")]
    [InlineData("SELECT a / 2 FROM m WHERE n = $n OR a / 3 > 1", "SELECT a / 2 FROM m WHERE n = 'x'' OR a / 3 > 1")]
    [InlineData("SELECT a FROM m WHERE n = $nn OR n = $n", "SELECT a FROM m WHERE n = $nn OR n = 'x''")]
    [InlineData("SELECT a FROM m WHERE n = '$n", "SELECT a FROM m WHERE n = '$n")]
    [InlineData("$", "$")]
    public void A_value_stands_where_the_statement_names_it(string query, string expected) =>
        Assert.Equal(expected.Replace("'x''", "'x\\''", StringComparison.Ordinal), InfluxQLLiterals.Bind(query, new Dictionary<string, FieldValue> { ["n"] = FieldValue.From("x'") }));

    [Fact]
    public void Each_type_has_its_literal()
    {
        Assert.Equal("-5", InfluxQLLiterals.Literal(FieldValue.From(-5L)));
        Assert.Equal("18446744073709551615", InfluxQLLiterals.Literal(FieldValue.From(ulong.MaxValue)));
        Assert.Equal("90.0", InfluxQLLiterals.Literal(FieldValue.From(90.0)));
        Assert.Equal("0.1", InfluxQLLiterals.Literal(FieldValue.From(0.1)));
        Assert.Equal("true", InfluxQLLiterals.Literal(FieldValue.From(true)));
        Assert.Equal("'a\\\\\\'\\nb'", InfluxQLLiterals.Literal(FieldValue.From("a\\'\nb")));
        foreach (double number in (double[])[double.MaxValue, double.Epsilon, -1e-7, 1e21, 123456789012345680])
        {
            string literal = InfluxQLLiterals.Literal(FieldValue.From(number));
            Assert.DoesNotContain('E', literal);
            Assert.Equal(number, double.Parse(literal, System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
