using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A query matched with the columns that a measurement has, as both InfluxDB renderers need it before they write a
/// statement. Null from <see cref="For"/> means that no row can match, so that no request is needed.
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

    /// <summary>Tags wanted, as columns of the rows.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>Fields wanted, as columns of the rows.</summary>
    public List<string> Fields { get; } = [];

    /// <summary>Conditions on columns that exist; all must hold, within one any.</summary>
    public List<List<Condition>> Conditions { get; } = [];

    /// <summary>The tags that exist among those to group by.</summary>
    public List<string> GroupBy { get; } = [];

    /// <summary>Aggregates over fields that exist.</summary>
    public List<Aggregate> Aggregates { get; } = [];

    /// <summary>Matches a query with a schema.</summary>
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

    /// <summary>The same plan for a query that differs by its range and by which rows are wanted of it only.</summary>
    public QueryPlan With(StoreQuery query) => new(this, query);

    /// <summary>True for a tag of the measurement. A name that is both is taken for the tag.</summary>
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

    // A value in the type of its column; absent where the column is missing or can't have such a value.
    private FieldValue Fit(string column, FieldValue value)
    {
        if (IsTag(column))
        {
            return value.IsNull || value.AsString() == "" ? default : FieldValue.From(VmStats.Text.TagSubstitutes.Encode(value.ToString()));
        }

        return Schema.Fields.TryGetValue(column, out FieldKind kind) ? FieldConverter.Exact(value, kind) : default;
    }
}

/// <summary>A column has one of these values.</summary>
internal sealed record Condition(string Column, bool IsTag, IReadOnlyList<FieldValue> Values);
