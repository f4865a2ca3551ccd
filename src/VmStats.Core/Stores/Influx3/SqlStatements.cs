using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.Json;

namespace VmStats.Stores.Influx3;

/// <summary>Runs what is planned as one statement each.</summary>
internal sealed class SqlStatements(InfluxQuery influx, ReadRetry retry)
{
    /// <summary>Runs a statement, and waits for its first row.</summary>
    /// <param name="plan">What is asked.</param>
    /// <param name="source">What it is read from where that isn't the table itself: a cache.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public ValueTask<OpenedRows> OpenAsync(QueryPlan plan, string? source, CancellationToken cancellationToken)
    {
        RenderedQuery rendered = InfluxSqlRenderer.Render(plan, source);
        RowBuilder builder = new(new RowLayout(rendered.Columns), tags: rendered.Columns.TakeWhile(plan.IsTag).Count());
        return retry.OpenAsync(influx.QuerySqlAsync(rendered.Text, rendered.Parameters, builder, cancellationToken), cancellationToken);
    }

    /// <summary>Runs a statement, as <see cref="OpenAsync"/>, when its rows are asked for.</summary>
    public async IAsyncEnumerable<StoreRow> ReadAsync(QueryPlan plan, string? source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        OpenedRows opened = await OpenAsync(plan, source, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                yield return opened.Rows.Current;
            }
        }
    }
}
