using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.Json;

namespace VmStats.Stores.InfluxQL;

/// <summary>Runs each plan as a single InfluxQL statement.</summary>
internal sealed class InfluxQLStatements(InfluxQuery influx, ReadRetry retry)
{
    /// <summary>Runs a statement and waits for its first row.</summary>
    public ValueTask<OpenedRows> OpenAsync(QueryPlan plan, RenderedQuery rendered, CancellationToken cancellationToken) =>
        retry.OpenAsync(influx.QueryInfluxQLAsync(rendered.Text, rendered.Parameters, ColumnsOf(plan, rendered), cancellationToken), cancellationToken);

    // Returns the types that the reader of the response needs to know, since the server writes floats and integers alike.
    private static InfluxQLColumns ColumnsOf(QueryPlan plan, RenderedQuery rendered)
    {
        Dictionary<string, FieldKind> kinds = new(StringComparer.Ordinal);
        if (plan.Query.Aggregation is null)
        {
            foreach (string field in plan.Fields)
            {
                kinds[field] = plan.Schema.Fields[field];
            }
        }

        foreach (Aggregate aggregate in plan.Aggregates)
        {
            kinds[aggregate.Name] = aggregate.Function switch
            {
                AggregateFunction.Count => FieldKind.Integer,
                AggregateFunction.Average => FieldKind.Float,
                _ when plan.Query.Aggregation!.Rates is not null => FieldKind.Float,
                _ => plan.Schema.Fields[aggregate.Column!],
            };
        }

        return new InfluxQLColumns(rendered.Columns, kinds, plan.Schema.Tags.Where(rendered.Columns.Contains).ToHashSet(StringComparer.Ordinal));
    }
}
