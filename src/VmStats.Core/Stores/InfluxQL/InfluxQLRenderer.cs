using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>
/// Writes queries in InfluxQL, for InfluxDB 1.x and 2.x. Values are bound parameters, which InfluxQL takes for tags,
/// fields and times.
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

    /// <summary>The query as InfluxQL.</summary>
    /// <exception cref="ArgumentException">It counts whole rows: see <see cref="CanRender"/>.</exception>
    public static RenderedQuery Render(QueryPlan plan) => new InfluxQLRenderer(plan).Render();

    /// <summary>
    /// False for what InfluxQL has no words for: the number of rows, as it counts only values of one field, and rates in
    /// buckets or without an end.
    /// </summary>
    public static bool CanRender(QueryPlan plan) => plan.Query.Aggregation is not { } aggregation
        || (plan.Aggregates.TrueForAll(a => a.Column is not null) && (aggregation.Rates is null || CanRenderRates(plan.Query)));

    private static bool CanRenderRates(StoreQuery query) =>
        query.Aggregation!.Interval is null && (query.Start is null || query.Finish > query.Start);

    /// <summary>A name in double quotes.</summary>
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

    // DISTINCT takes no tags. The last values of each group are found without reading its points, and name the group.
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

    // The bounds of an outer query would bound the inner one, too, and cut its lead-in off. So the outer one has none, but
    // buckets, of which the reader passes over those before the range, and merges the others. Of a sixteenth of the range, since
    // a server reads one bucket more than asked for wherever there is a derivative (so its lead-in is that much longer).
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

    // InfluxQL leaves out rows in which none of the named fields is present; all are named, so that none is left out.
    private string Everything()
    {
        IEnumerable<string> tags = _plan.Tags.Except(_query.Latest is null ? [] : _plan.GroupBy);
        return string.Join(", ", tags.Select(tag => Quote(tag) + "::tag")
            .Concat(_plan.Schema.Fields.Keys.Where(field => !_plan.IsTag(field)).Select(field => Quote(field) + "::field")));
    }

    // The mean of whole numbers is made of their 64-bit sum, which wraps without a word; that of floats is not.
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
        // Per group InfluxQL would limit, not over all.
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
