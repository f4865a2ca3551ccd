using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>Aggregates that the server computes, except for what InfluxQL can't express: rates over a range, time order across groups, and pages.</summary>
internal static class InfluxQLAggregateQuery
{
    public static async IAsyncEnumerable<StoreRow> ReadAsync(
        InfluxQLStatements statements, QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        PartialAggregates? merged = query.Aggregation!.Rates is null ? null : new PartialAggregates(plan);
        QueryPlan asked = merged is null ? plan : QueryPlan.For(query with { Aggregation = merged.Parts(query.Aggregation) }, plan.Schema)!;
        RenderedQuery rendered = InfluxQLRenderer.Render(asked);
        RowPage page = new(query.Skip, query.Limit);

        // The server returns one group after another, but callers expect the rows in time order.
        bool hasTime = query.Aggregation.Interval is not null;
        List<StoreRow>? held = merged is not null || (hasTime && plan.GroupBy.Count > 0) ? [] : null;
        OpenedRows rows = await statements.OpenAsync(asked, rendered, cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            for (bool any = rows.Any; any && !page.IsFull; any = await rows.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                StoreRow row = rows.Rows.Current;
                if (merged is not null)
                {
                    if (rendered.Since is null || row.Time >= rendered.Since)
                    {
                        merged.Add(row.WithoutTime());
                    }
                }
                else if (held is not null)
                {
                    held.Add(row);
                }
                else if (page.Takes())
                {
                    yield return hasTime ? row : row.WithoutTime();
                }
            }
        }

        IEnumerable<StoreRow> rest = merged is not null ? merged.Rows()
            : query.Descending ? (held ?? []).OrderByDescending(row => row.Time)
            : (held ?? []).OrderBy(row => row.Time);
        foreach (StoreRow row in rest)
        {
            if (page.Takes())
            {
                yield return row;
            }
        }
    }
}
