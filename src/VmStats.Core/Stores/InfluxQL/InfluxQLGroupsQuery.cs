using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores.InfluxQL;

/// <summary>Queries the newest rows of each group, or the distinct groups.</summary>
internal static class InfluxQLGroupsQuery
{
    /// <summary>Runs the query and waits for its first row.</summary>
    /// <param name="statements">Runs the statements.</param>
    /// <param name="plan">The query.</param>
    /// <param name="from">If set, only the time from here on (UTC nanoseconds) is searched first, and all times only if nothing is found there; null to search all times at once.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
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

        // The server can't skip or limit groups, so that is done here; and groups are returned without a time.
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
