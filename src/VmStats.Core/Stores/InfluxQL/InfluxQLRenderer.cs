using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>
/// Renders queries in InfluxQL, for InfluxDB 1.x and 2.x and the distributed editions of InfluxDB 3. Values are bound parameters,
/// which InfluxQL supports for tags, fields and times.
/// </summary>
internal sealed class InfluxQLRenderer
{
    private const int RateBuckets = 16;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, FieldValue> _parameters = [];
    private readonly QueryPlan _plan;
    private readonly StoreQuery _query;

    private InfluxQLRenderer(QueryPlan plan)
    {
        _plan = plan;
        _query = plan.Query;
    }

    /// <summary>Renders a query as InfluxQL.</summary>
    /// <exception cref="ArgumentException">The query counts whole rows; see <see cref="CanRender"/>.</exception>
    public static RenderedQuery Render(QueryPlan plan) => new InfluxQLRenderer(plan).Render();

    /// <summary>
    /// False for what InfluxQL can't express: the number of rows, since it counts only the values of a field, and rates in
    /// buckets or over a range that has a start but no end after it.
    /// </summary>
    public static bool CanRender(QueryPlan plan) => plan.Query.Aggregation is not { } aggregation
        || (plan.Aggregates.TrueForAll(a => a.Column is not null) && (aggregation.Rates is null || CanRenderRates(plan.Query)));

    private static bool CanRenderRates(StoreQuery query) =>
        query.Aggregation!.Interval is null && (query.Start is null || query.Finish > query.Start);

    /// <summary>Quotes an identifier.</summary>
    public static string Quote(string name)
    {
        string escaped = name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{escaped.Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }

    private RenderedQuery Render() => _query.Distinct is not null ? RenderDistinct()
        : _query.Aggregation is not null ? RenderAggregation()
        : _query.Latest is { } latest ? RenderLatest(latest)
        : RenderRows();

    private RenderedQuery RenderRows()
    {
        _text.Append("SELECT ").Append(Everything());
        AppendFromWhere();
        _text.Append(" ORDER BY time").Append(_query.Descending ? " DESC" : " ASC");
        if (_query.Limit is int limit)
        {
            _text.Append(" LIMIT ").Append(Number(limit));
        }

        if (_query.Skip > 0)
        {
            _text.Append(" OFFSET ").Append(Number(_query.Skip));
        }

        return Finish([.. _plan.Tags, .. _plan.Fields]);
    }

    private RenderedQuery RenderLatest(LatestPerGroup latest)
    {
        _text.Append("SELECT ").Append(Everything());
        AppendFromWhere();
        AppendGroupBy(null);
        _text.Append(" ORDER BY time DESC LIMIT ").Append(Number(Math.Max(1, latest.Depth)));
        return Finish([.. _plan.Tags, .. _plan.Fields], limitsHere: true);
    }

    // DISTINCT doesn't support tags. LAST(*) is found without reading a group's points, and its result names the group.
    private RenderedQuery RenderDistinct()
    {
        _text.Append("SELECT LAST(*)");
        AppendFromWhere();
        AppendGroupBy(null);
        return Finish(_plan.GroupBy, limitsHere: true);
    }

    private RenderedQuery RenderAggregation()
    {
        if (_query.Aggregation!.Rates is { } rates)
        {
            return RenderRates(rates);
        }

        long? interval = _query.Aggregation!.Interval;
        _text.Append("SELECT ").AppendJoin(", ", _plan.Aggregates.Select(a => $"{Call(a)} AS {Quote(a.Name)}"));
        AppendFromWhere();
        AppendGroupBy(interval);
        if (interval is not null)
        {
            _text.Append(" fill(none) ORDER BY time").Append(_query.Descending ? " DESC" : " ASC");
        }

        return Finish([.. _plan.GroupBy, .. _plan.Aggregates.Select(aggregate => aggregate.Name)], limitsHere: true);
    }

    // The time bounds of an outer query would also apply to the inner one and cut off its lead-in. The outer query therefore has
    // no bounds but time buckets, of which the reader skips those before the range and merges the others. A bucket is at least a
    // sixteenth of the range: for a derivative, a server reads one bucket more than requested, which extends the lead-in by a
    // bucket.
    private RenderedQuery RenderRates(CounterRates rates)
    {
        _text.Append("SELECT ").AppendJoin(", ", _plan.Aggregates.Select(a => $"{Function(a)}(rate) AS {Quote(a.Name)}"));
        _text.Append(" FROM (SELECT NON_NEGATIVE_DERIVATIVE(").Append(Quote(rates.Counter)).Append("::field, 1s) AS rate");
        AppendFromWhere(rates.LeadIn, $"{Quote(rates.Counter)}::field >= 0");
        AppendGroupBy(null);
        _text.Append(')');
        if (_query.Start is long start)
        {
            long width = Math.Max(rates.LeadIn, (_query.Finish!.Value - start) / RateBuckets + 1);
            AppendGroupBy(width, offset: start - UnixTime.Floor(start, width));
            _text.Append(" fill(none)");
        }
        else
        {
            AppendGroupBy(null);
        }

        return Finish([.. _plan.GroupBy, .. _plan.Aggregates.Select(aggregate => aggregate.Name)], limitsHere: true) with { Since = _query.Start };
    }

    // InfluxQL omits rows that contain none of the selected fields; all fields are selected, so that no row is omitted.
    private string Everything()
    {
        IEnumerable<string> tags = _plan.Tags.Except(_query.Latest is null ? [] : _plan.GroupBy);
        return string.Join(", ", tags.Select(tag => Quote(tag) + "::tag")
            .Concat(_plan.Schema.Fields.Keys.Where(field => !_plan.IsTag(field)).Select(field => Quote(field) + "::field")));
    }

    // InfluxQL computes the mean of integers from their 64-bit sum, which overflows silently, so the field is read as a float.
    private static string Call(Aggregate aggregate) => aggregate.Column is { } column
        ? $"{Function(aggregate)}({Quote(column)}::{(aggregate.Function == AggregateFunction.Average ? "float" : "field")})"
        : throw new ArgumentException("InfluxQL can't count rows.", nameof(aggregate));

    private static string Function(Aggregate aggregate) => aggregate.Function switch
    {
        AggregateFunction.Count => "COUNT",
        AggregateFunction.Average => "MEAN",
        AggregateFunction.Minimum => "MIN",
        AggregateFunction.Maximum => "MAX",
        AggregateFunction.Sum => "SUM",
        AggregateFunction.First => "FIRST",
        AggregateFunction.Last => "LAST",
        _ => throw new ArgumentOutOfRangeException(nameof(aggregate), aggregate.Function, null),
    };

    private void AppendFromWhere(long leadIn = 0, string? condition = null)
    {
        _text.Append(" FROM ").Append(Quote(_query.Measurement));
        List<string> all = condition is null ? [] : [condition];
        if (_query.Start is long start)
        {
            all.Add($"time >= {Parameter(FieldValue.From(start - leadIn))}");
        }

        if (_query.Finish is long finish)
        {
            all.Add($"time < {Parameter(FieldValue.From(finish))}");
        }

        foreach (List<Condition> any in _plan.Conditions)
        {
            IEnumerable<string> each = any.SelectMany(condition => condition.Values.Select(value => Render(condition, value)));
            all.Add($"({string.Join(" OR ", each)})");
        }

        if (all.Count > 0)
        {
            _text.Append(" WHERE ").AppendJoin(" AND ", all);
        }
    }

    private string Render(Condition condition, FieldValue value) =>
        $"{Quote(condition.Column)}::{(condition.IsTag ? "tag" : "field")} = {Parameter(value)}";

    private void AppendGroupBy(long? interval, long offset = 0)
    {
        List<string> keys = interval is long width ? [offset == 0 ? $"time({Number(width)}ns)" : $"time({Number(width)}ns, {Number(offset)}ns)"] : [];
        keys.AddRange(_plan.GroupBy.Select(Quote));
        if (keys.Count > 0)
        {
            _text.Append(" GROUP BY ").AppendJoin(", ", keys);
        }
    }

    private RenderedQuery Finish(IReadOnlyList<string> columns, bool limitsHere = false) => new(_text.ToString(), _parameters, columns)
    {
        // InfluxQL would apply the limit to each group instead of the whole result.
        Skip = limitsHere ? _query.Skip : 0,
        Limit = limitsHere ? _query.Limit : null,
    };

    private string Parameter(FieldValue value)
    {
        string name = "p" + Number(_parameters.Count);
        _parameters.Add(name, value);
        return "$" + name;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
