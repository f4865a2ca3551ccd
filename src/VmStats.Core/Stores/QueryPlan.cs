using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A query resolved against the columns that a measurement has; both InfluxDB renderers build their statements from it.
/// If <see cref="For"/> returns null, no row can match and no request is needed.
/// </summary>
internal sealed class QueryPlan
{
    private QueryPlan(StoreQuery query, MeasurementSchema schema)
    {
        Query = query;
        Schema = schema;
    }

    private QueryPlan(QueryPlan plan, StoreQuery query)
        : this(query, plan.Schema) => (Tags, Fields, Conditions, GroupBy, Aggregates) = (plan.Tags, plan.Fields, plan.Conditions, plan.GroupBy, plan.Aggregates);

    public StoreQuery Query { get; }

    public MeasurementSchema Schema { get; }

    /// <summary>The requested tags, as columns of the rows.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>The requested fields, as columns of the rows.</summary>
    public List<string> Fields { get; } = [];

    /// <summary>Conditions on existing columns: all of the inner lists must match, each by at least one of its conditions.</summary>
    public List<List<Condition>> Conditions { get; } = [];

    /// <summary>The existing tags among those to group by.</summary>
    public List<string> GroupBy { get; } = [];

    /// <summary>Aggregates over existing fields.</summary>
    public List<Aggregate> Aggregates { get; } = [];

    /// <summary>Resolves a query against a schema; returns null if no row can match.</summary>
    public static QueryPlan? For(StoreQuery query, MeasurementSchema schema)
    {
        QueryPlan plan = new(query, schema);
        if (query.Start >= query.Finish || query.Limit <= 0 || !plan.AddConditions())
        {
            return null;
        }

        IEnumerable<string> group = query.Distinct ?? query.Latest?.By ?? query.Aggregation?.GroupBy ?? [];
        plan.GroupBy.AddRange(group.Where(plan.IsTag).Distinct(StringComparer.Ordinal));
        if (query.Distinct is not null)
        {
            return plan.GroupBy.Count == 0 ? null : plan;
        }

        if (query.Aggregation is { } aggregation)
        {
            plan.Aggregates.AddRange(aggregation.Aggregates.Where(a => a.Column is null || schema.Fields.ContainsKey(a.Column)));
            bool isMissing = aggregation.Rates is { } rates && !schema.Fields.ContainsKey(rates.Counter);
            return plan.Aggregates.Count == 0 || isMissing ? null : plan;
        }

        plan.AddColumns();
        return plan;
    }

    /// <summary>Returns the same plan for a query that differs only in its time range and in which of its rows are returned.</summary>
    public QueryPlan With(StoreQuery query) => new(this, query);

    /// <summary>True for a tag of the measurement. A name that is both a tag and a field is treated as the tag.</summary>
    public bool IsTag(string column) => Schema.Tags.Contains(column);

    private void AddColumns()
    {
        IEnumerable<string> all = Schema.Tags.Concat(Schema.Fields.Keys);
        IEnumerable<string> wanted = Query.Columns is { } columns ? columns.Concat(GroupBy) : all;
        foreach (string column in wanted.Distinct(StringComparer.Ordinal))
        {
            if (IsTag(column))
            {
                Tags.Add(column);
            }
            else if (Schema.Fields.ContainsKey(column))
            {
                Fields.Add(column);
            }
        }
    }

    private bool AddConditions()
    {
        foreach (ColumnFilter filter in Query.Filters)
        {
            List<Condition> any = [];
            foreach (string column in filter.AnyOf.Distinct(StringComparer.Ordinal))
            {
                List<FieldValue> values = filter.Values.Select(value => Fit(column, value)).Where(value => !value.IsNull).Distinct().ToList();
                if (values.Count > 0)
                {
                    any.Add(new Condition(column, IsTag(column), values));
                }
            }

            if (any.Count == 0)
            {
                return false;
            }

            Conditions.Add(any);
        }

        return true;
    }

    // Returns the value converted to the type of its column; absent if there is no such column or it can't hold the value.
    private FieldValue Fit(string column, FieldValue value)
    {
        if (IsTag(column))
        {
            return value.IsNull || value.AsString() == "" ? default : FieldValue.From(VmStats.Text.TagSubstitutes.Encode(value.ToString()));
        }

        return Schema.Fields.TryGetValue(column, out FieldKind kind) ? FieldConverter.Exact(value, kind) : default;
    }
}

/// <summary>The condition that a column has one of the given values.</summary>
internal sealed record Condition(string Column, bool IsTag, IReadOnlyList<FieldValue> Values);
