using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>Returns the rows of a range that is read in slices, one slice after another.</summary>
internal static class Influx3RowsQuery
{
    public static IAsyncEnumerable<StoreRow> ReadAsync(SqlReader reader, QueryPlan plan, IReadOnlyList<Slice> slices, CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        if (query.Limit is null && query.Skip == 0)
        {
            return SliceRunner.RunAsync(reader, plan, slices, isLimited: false, cancellationToken);
        }

        int wanted = (int)Math.Min((long)query.Skip + (query.Limit ?? int.MaxValue), int.MaxValue);
        RowPage page = new(query.Skip, query.Limit);
        return ReadPageAsync(reader, plan.With(query with { Skip = 0, Limit = wanted }), slices, page, isLimited: query.Limit is not null, cancellationToken);
    }

    private static async IAsyncEnumerable<StoreRow> ReadPageAsync(
        SqlReader reader, QueryPlan plan, IReadOnlyList<Slice> slices, RowPage page, bool isLimited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StoreRow row in SliceRunner.RunAsync(reader, plan, slices, isLimited, cancellationToken).ConfigureAwait(false))
        {
            if (page.Takes())
            {
                yield return row;
            }

            if (page.IsFull)
            {
                yield break;
            }
        }
    }
}
