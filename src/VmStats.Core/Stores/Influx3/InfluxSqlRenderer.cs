using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>Renders queries in InfluxDB 3's SQL (DataFusion). Identifiers are quoted, since unquoted ones are folded to lower case.</summary>
internal sealed class InfluxSqlRenderer
{
    private const string Rank = "vmstats rank";
    private const string Rate = "vmstats rate";
    private readonly StringBuilder _sql = new();
    private readonly Dictionary<string, FieldValue> _parameters = [];
    private readonly QueryPlan _plan;
    private readonly StoreQuery _query;

    private readonly string _source;

    private InfluxSqlRenderer(QueryPlan plan, string? source)
    {
        _plan = plan;
        _query = plan.Query;
        _source = source ?? Quote(plan.Query.Measurement);
    }

    /// <summary>Renders a query as SQL.</summary>
    /// <param name="plan">The query.</param>
    /// <param name="source">The source to use in the FROM clause instead of the table: a cache, as rendered by <see cref="Cache"/>.</param>
    public static RenderedQuery Render(QueryPlan plan, string? source = null) => new InfluxSqlRenderer(plan, source).Render();

    /// <summary>Renders a cache as a source of rows. The server accepts only string literals as arguments.</summary>
    /// <param name="function"><c>last_cache</c> or <c>distinct_cache</c>.</param>
    /// <param name="table">The cache's table.</param>
    /// <param name="name">The cache's name.</param>
    public static string Cache(string function, string table, string name) => $"{function}({Text(table)}, {Text(name)})";

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Quotes an identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private RenderedQuery Render()
    {
        IReadOnlyList<string> columns = _query.Distinct is not null ? RenderDistinct()
            : _query.Aggregation is not null ? RenderAggregation()
            : _query.Latest is { } latest ? RenderLatest(latest)
            : RenderRows();
        AppendLimit();
        return new RenderedQuery(_sql.ToString(), _parameters, columns);
    }

    private List<string> RenderRows()
    {
        List<string> columns = [.. _plan.Tags, .. _plan.Fields];
        _sql.Append("SELECT ").AppendJoin(", ", columns.Prepend("time").Select(Quote)).Append(" FROM ").Append(_source);
        AppendWhere();
        _sql.Append(" ORDER BY \"time\"").Append(_query.Descending ? " DESC" : "");
        if (_query.Limit is not null || _query.Skip > 0)
        {
            // Pages must not overlap, so rows with the same time need a defined order.
            foreach (string tag in _plan.Schema.Tags)
            {
                _sql.Append(", ").Append(Quote(tag));
            }
        }

        return columns;
    }

    private List<string> RenderLatest(LatestPerGroup latest)
    {
        List<string> columns = [.. _plan.Tags, .. _plan.Fields];
        string names = string.Join(", ", columns.Prepend("time").Select(Quote));
        string group = string.Join(", ", _plan.GroupBy.Select(Quote));
        _sql.Append("SELECT ").Append(names).Append(" FROM (SELECT ").Append(names).Append(", row_number() OVER (");
        _sql.Append(group.Length == 0 ? "" : $"PARTITION BY {group} ").Append("ORDER BY \"time\" DESC) AS ").Append(Quote(Rank));
        _sql.Append(" FROM ").Append(_source);
        AppendWhere();
        _sql.Append(") WHERE ").Append(Quote(Rank)).Append(" <= ").Append(Number(Math.Max(1, latest.Depth)));
        _sql.Append(" ORDER BY ").Append(group.Length == 0 ? "" : group + ", ").Append("\"time\" DESC");
        return columns;
    }

    private List<string> RenderDistinct()
    {
        string names = string.Join(", ", _plan.GroupBy.Select(Quote));
        _sql.Append("SELECT DISTINCT ").Append(names).Append(" FROM ").Append(_source);
        AppendWhere();
        _sql.Append(" ORDER BY ").Append(names);
        return _plan.GroupBy;
    }

    private List<string> RenderAggregation()
    {
        long? interval = _query.Aggregation!.Interval;
        List<string> select = interval is long width ? [Bucket(width)] : [];
        select.AddRange(_plan.GroupBy.Select(Quote));
        // By position, because the bucket is called "time", and GROUP BY "time" would refer to the original column.
        List<string> keys = Enumerable.Range(1, select.Count).Select(place => Number(place)).ToList();
        CounterRates? rates = _query.Aggregation.Rates;
        select.AddRange(_plan.Aggregates.Select(aggregate => $"{Call(rates is null ? aggregate : aggregate with { Column = Rate })} AS {Quote(aggregate.Name)}"));
        _sql.Append("SELECT ").AppendJoin(", ", select).Append(" FROM ");
        if (rates is null)
        {
            _sql.Append(_source);
            AppendWhere();
        }
        else
        {
            AppendRates(rates);
        }

        if (keys.Count > 0)
        {
            _sql.Append(" GROUP BY ").AppendJoin(", ", keys).Append(" ORDER BY ");
            if (interval is not null && _query.Descending)
            {
                keys[0] += " DESC";
            }

            _sql.AppendJoin(", ", keys);
        }

        return [.. _plan.GroupBy, .. _plan.Aggregates.Select(aggregate => aggregate.Name)];
    }

    // Appends a subquery in place of the table: the rows of the range, each with the rate since the row before it.
    private void AppendRates(CounterRates rates)
    {
        const string before = "\"vmstats before\"", earlier = "\"vmstats earlier\"";
        string counter = Quote(rates.Counter);
        string keys = string.Concat(_plan.GroupBy.Select(tag => $", {Quote(tag)}"));
        string window = $"OVER ({(_plan.GroupBy.Count == 0 ? "" : $"PARTITION BY {string.Join(", ", _plan.GroupBy.Select(Quote))} ")}ORDER BY \"time\")";

        // Signed integers are subtracted exactly; unsigned ones and floats are converted to floats first.
        string growth = _plan.Schema.Fields[rates.Counter] == FieldKind.Integer
            ? $"CAST({counter} - {before} AS DOUBLE)"
            : $"(CAST({counter} AS DOUBLE) - CAST({before} AS DOUBLE))";
        string seconds = $"(CAST(CAST(\"time\" AS BIGINT) - CAST({earlier} AS BIGINT) AS DOUBLE) / 1000000000.0)";
        string rate = $"CASE WHEN {counter} >= {before} AND \"time\" > {earlier} THEN {growth} / {seconds} END AS {Quote(Rate)}";
        string lagged = $"{counter}, lag({counter}) {window} AS {before}, lag(\"time\") {window} AS {earlier}";
        _sql.Append("(SELECT \"time\"").Append(keys).Append(", ").Append(rate);
        _sql.Append(" FROM (SELECT \"time\"").Append(keys).Append(", ").Append(lagged).Append(" FROM ").Append(_source);
        AppendWhere(rates.LeadIn, $"{counter} >= 0");
        _sql.Append(')');
        if (_query.Start is long start)
        {
            _sql.Append(" WHERE \"time\" >= ").Append(Parameter(FieldValue.From(UnixTime.ToText(start))));
        }

        _sql.Append(") WHERE ").Append(Quote(Rate)).Append(" IS NOT NULL");
    }

    private static string Call(Aggregate aggregate)
    {
        string column = aggregate.Column is null ? "*" : Quote(aggregate.Column);
        return aggregate.Function switch
        {
            AggregateFunction.Count => $"count({column})",
            AggregateFunction.Average => $"avg({column})",
            AggregateFunction.Minimum => $"min({column})",
            AggregateFunction.Maximum => $"max({column})",
            AggregateFunction.Sum => $"sum({column})",
            // Rows without the value are sorted to the opposite end.
            AggregateFunction.First => $"first_value({column} ORDER BY {column} IS NULL, \"time\")",
            AggregateFunction.Last => $"last_value({column} ORDER BY {column} IS NOT NULL, \"time\")",
            _ => throw new ArgumentOutOfRangeException(nameof(aggregate), aggregate.Function, null),
        };
    }

    private static string Bucket(long nanoseconds)
    {
        (long count, string unit) = nanoseconds % UnixTime.NanosecondsPerSecond == 0
            ? (nanoseconds / UnixTime.NanosecondsPerSecond, "seconds")
            : (nanoseconds, "nanoseconds");
        return $"date_bin(INTERVAL '{Number(count)} {unit}', \"time\", TIMESTAMP '1970-01-01T00:00:00Z') AS \"time\"";
    }

    private void AppendWhere(long leadIn = 0, string? condition = null)
    {
        List<string> all = condition is null ? [] : [condition];
        if (_query.Start is long start)
        {
            all.Add($"\"time\" >= {Parameter(FieldValue.From(UnixTime.ToText(start - leadIn)))}");
        }

        if (_query.Finish is long finish)
        {
            all.Add($"\"time\" < {Parameter(FieldValue.From(UnixTime.ToText(finish)))}");
        }

        foreach (List<Condition> any in _plan.Conditions)
        {
            string either = string.Join(" OR ", any.Select(Render));
            all.Add(any.Count > 1 ? $"({either})" : either);
        }

        if (all.Count > 0)
        {
            _sql.Append(" WHERE ").AppendJoin(" AND ", all);
        }
    }

    private string Render(Condition condition) => condition.Values.Count == 1
        ? $"{Quote(condition.Column)} = {Parameter(condition.Values[0])}"
        : $"{Quote(condition.Column)} IN ({string.Join(", ", condition.Values.Select(Parameter))})";

    private void AppendLimit()
    {
        if (_query.Limit is int limit)
        {
            _sql.Append(" LIMIT ").Append(Number(limit));
        }

        if (_query.Skip > 0)
        {
            _sql.Append(" OFFSET ").Append(Number(_query.Skip));
        }
    }

    private string Parameter(FieldValue value)
    {
        string name = "p" + Number(_parameters.Count);
        _parameters.Add(name, value);
        return "$" + name;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
