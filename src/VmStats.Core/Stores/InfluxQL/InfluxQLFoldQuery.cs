using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>Aggregates that InfluxQL can't express: they are computed here from the rows.</summary>
internal static class InfluxQLFoldQuery
{
    public static async IAsyncEnumerable<StoreRow> ReadAsync(
        InfluxQLStatements statements, QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        RowFolder folder = new(query.Aggregation!, plan.GroupBy, plan.Aggregates);
        CounterRates? rates = query.Aggregation!.Rates;
        QueryPlan raw = QueryPlan.For(
            query with
            {
                Aggregation = null,
                Descending = false,
                Limit = null,
                Skip = 0,
                Start = query.Start - (rates?.LeadIn ?? 0),
                Columns = [.. plan.GroupBy, .. plan.Aggregates.Select(aggregate => aggregate.Column).OfType<string>(), .. rates is null ? [] : new[] { rates.Counter }],
            },
            plan.Schema)!;
        OpenedRows rows = await statements.OpenAsync(raw, InfluxQLRenderer.Render(raw), cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            for (bool any = rows.Any; any; any = await rows.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                folder.Add(rows.Rows.Current, query.Start);
            }
        }

        foreach (StoreRow row in folder.Rows(query.Descending).Skip(query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }
    }
}
