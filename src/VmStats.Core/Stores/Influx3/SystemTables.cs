using VmStats.Data;
using VmStats.Influx;

namespace VmStats.Stores.Influx3;

/// <summary>What InfluxDB 3 tells of a table in its system tables, which not every build has and not every token may read.</summary>
internal static class SystemTables
{
    /// <summary>Asks about a table.</summary>
    /// <param name="influx">The server.</param>
    /// <param name="sql">The statement; the table's name stands in it as <c>$table</c>.</param>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The rows; none where the build or the token has no such list; null when the server can't say it now, and may the next time.</returns>
    /// <exception cref="InfluxException">The credentials were refused.</exception>
    public static async ValueTask<IReadOnlyList<StoreRow>?> AskAsync(
        InfluxQuery influx, string sql, string table, CancellationToken cancellationToken)
    {
        List<StoreRow> rows = [];
        try
        {
            Dictionary<string, FieldValue> parameters = new() { ["table"] = FieldValue.From(table) };
            await foreach (StoreRow row in influx.QuerySqlAsync(sql, parameters, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(row);
            }
        }
        catch (InfluxException e) when (e.Kind != VmStatsErrorKind.Authentication)
        {
            return e.IsTransient ? null : [];
        }

        return rows;
    }
}
