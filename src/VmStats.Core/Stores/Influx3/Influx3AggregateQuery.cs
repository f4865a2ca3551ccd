using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>Aggregates a range that is read in slices. The first and last bucket of a slice may be partial; such parts are merged.</summary>
internal static class Influx3AggregateQuery
{
    public static async IAsyncEnumerable<StoreRow> ReadAsync(
        SqlReader reader, QueryPlan plan, IReadOnlyList<Slice> slices, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        PartialAggregates merged = new(plan);
        RowPage page = new(query.Skip, query.Limit);
        QueryPlan parts = QueryPlan.For(query with { Skip = 0, Limit = null, Aggregation = merged.Parts(query.Aggregation!) }, plan.Schema)!;
        await foreach (StoreRow row in SliceRunner.RunAsync(reader, parts, slices, isLimited: query.Limit is not null, cancellationToken).ConfigureAwait(false))
        {
            foreach (StoreRow done in merged.Add(row))
            {
                if (page.Takes())
                {
                    yield return done;
                }

                if (page.IsFull)
                {
                    yield break;
                }
            }
        }

        foreach (StoreRow done in merged.Rows())
        {
            if (page.IsFull)
            {
                yield break;
            }

            if (page.Takes())
            {
                yield return done;
            }
        }
    }
}
