using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.Json;

namespace VmStats.Stores.Influx3;

/// <summary>Runs each plan as a single SQL statement.</summary>
internal sealed class SqlStatements(InfluxQuery influx, ReadRetry retry)
{
    /// <summary>Runs a statement and waits for its first row.</summary>
    /// <param name="plan">The query.</param>
    /// <param name="source">The source to read from instead of the table: a cache.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public ValueTask<OpenedRows> OpenAsync(QueryPlan plan, string? source, CancellationToken cancellationToken)
    {
        RenderedQuery rendered = InfluxSqlRenderer.Render(plan, source);
        RowBuilder builder = new(new RowLayout(rendered.Columns), tags: rendered.Columns.TakeWhile(plan.IsTag).Count());
        return retry.OpenAsync(influx.QuerySqlAsync(rendered.Text, rendered.Parameters, builder, cancellationToken), cancellationToken);
    }

    /// <summary>Like <see cref="OpenAsync"/>, but the statement is sent only when the rows are enumerated.</summary>
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
