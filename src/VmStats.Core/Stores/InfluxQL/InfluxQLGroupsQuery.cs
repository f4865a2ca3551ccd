using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>The newest rows of each group, or the groups there are.</summary>
internal static class InfluxQLGroupsQuery
{
    /// <summary>Asks, and waits for the first row.</summary>
    /// <param name="statements">Runs the statements.</param>
    /// <param name="plan">What is asked.</param>
    /// <param name="from">Looks from this time on first, UTC nanoseconds, and at all times only where nothing is found; null for all times at once.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static async ValueTask<OpenedRows> OpenAsync(InfluxQLStatements statements, QueryPlan plan, long? from, CancellationToken cancellationToken)
    {
        OpenedRows rows = OpenedRows.None;
        if (from is not null && !(from >= plan.Query.Finish))
        {
            QueryPlan recent = plan.With(plan.Query with { Start = from });
            rows = await statements.OpenAsync(recent, InfluxQLRenderer.Render(recent), cancellationToken).ConfigureAwait(false);
        }

        if (!rows.Any)
        {
            await rows.DisposeAsync().ConfigureAwait(false);
            rows = await statements.OpenAsync(plan, InfluxQLRenderer.Render(plan), cancellationToken).ConfigureAwait(false);
        }

        // Of the groups the server can't leave out some; and a group has no time.
        StoreQuery query = plan.Query;
        return query.Distinct is null && query.Limit is null && query.Skip == 0
            ? rows
            : await OpenedRows.OpenAsync(ReadPageAsync(rows, query, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<StoreRow> ReadPageAsync(OpenedRows rows, StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RowPage page = new(query.Skip, query.Limit);
        await using (rows.ConfigureAwait(false))
        {
            for (bool any = rows.Any; any && !page.IsFull; any = await rows.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (page.Takes())
                {
                    yield return query.Distinct is null ? rows.Rows.Current : rows.Rows.Current.WithoutTime();
                }
            }
        }
    }
}
