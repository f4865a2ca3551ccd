using System.Collections.Concurrent;
using VmStats.Stores.Influx;

namespace VmStats.Stores.Influx3;

/// <summary>
/// What InfluxDB 3 reports about a table's Parquet files: how many there are, and the time range that they cover. Points that
/// aren't in a file yet are not included.
/// </summary>
/// <param name="Count">Number of files.</param>
/// <param name="Oldest">Time of the oldest row in them, UTC nanoseconds; null without files.</param>
/// <param name="Newest">Time of the newest row in them.</param>
internal sealed record TableFiles(long Count, long? Oldest, long? Newest)
{
    /// <summary>Maximum number of a table's files that one query may scan, by InfluxDB 3 Core's default.</summary>
    public const int Limit = 432;

    /// <summary>True if one query may read the whole table, with a margin for files that are added in the meantime.</summary>
    public bool AreFew => Count <= Limit * 3 / 4;

    /// <summary>
    /// Returns the slice length at which a slice is expected to take half the limit, if files are evenly distributed; it is a
    /// multiple of <paramref name="least"/>, and not less.
    /// </summary>
    public long LengthFor(long least)
    {
        if (Count == 0 || Oldest is not long oldest || Newest is not long newest)
        {
            return least;
        }

        Int128 expected = (Int128)(newest - oldest) * (Limit / 2) / Count;
        return (long)(expected / least * least) is long length && length > least ? length : least;
    }
}

/// <summary>Queries a table's files, and caches the answer for a minute.</summary>
internal sealed class TableFilesReader(InfluxQuery influx, TimeProvider clock)
{
    internal const string Sql = "SELECT count(*) AS files, min(min_time) AS oldest, max(max_time) AS newest FROM system.parquet_files WHERE table_name = $table";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, (DateTimeOffset At, TableFiles? Files)> _known = new(StringComparer.Ordinal);

    /// <summary>Returns the files, or null if the server doesn't report them.</summary>
    public async ValueTask<TableFiles?> GetAsync(string table, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(table, out (DateTimeOffset At, TableFiles? Files) known) && clock.GetUtcNow() - known.At < s_keep)
        {
            return known.Files;
        }

        if (await SystemTables.AskAsync(influx, Sql, table, cancellationToken).ConfigureAwait(false) is not { } rows)
        {
            // Slices of the configured length work without this; the query itself is retried and reports the error.
            return null;
        }

        TableFiles? files = rows.Count == 0 ? null : new(rows[0]["files"].AsInt64() ?? 0, rows[0]["oldest"].AsInt64(), rows[0]["newest"].AsInt64());
        _known[table] = (clock.GetUtcNow(), files);
        return files;
    }
}
