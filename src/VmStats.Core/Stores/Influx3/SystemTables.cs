using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx3;

/// <summary>Reads InfluxDB 3's system tables, which not every build has and not every token may read.</summary>
internal static class SystemTables
{
    /// <summary>Runs a query about a table.</summary>
    /// <param name="influx">The server.</param>
    /// <param name="sql">The statement; it refers to the table's name as <c>$table</c>.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <returns>The rows; none if the build doesn't have the system table or the token may not read it; null after a transient error, when the next attempt may succeed.</returns>
    /// <exception cref="InfluxException">The credentials were rejected.</exception>
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
