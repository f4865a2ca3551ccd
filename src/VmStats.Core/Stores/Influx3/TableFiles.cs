using System.Collections.Concurrent;
using VmStats.Influx;

namespace VmStats.Stores.Influx3;

/// <summary>What InfluxDB 3 tells of a table's Parquet files: how many it knows, and from when to when they reach. Points that are not in a file yet don't count.</summary>
/// <param name="Count">Files.</param>
/// <param name="Oldest">Time of the oldest row in them, UTC nanoseconds; null without files.</param>
/// <param name="Newest">Time of the newest row in them.</param>
internal sealed record TableFiles(long Count, long? Oldest, long? Newest)
{
    /// <summary>Files that a query may scan of a table, by InfluxDB 3 Core's default.</summary>
    public const int Limit = 432;

    /// <summary>True when one query may read the whole table, with room for the files that come meanwhile.</summary>
    public bool AreFew => Count <= Limit * 3 / 4;

    /// <summary>The length of slices for which half the limit is expected, as the files lie on average; not less than a length, and a multiple of it.</summary>
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

/// <summary>Asks for a table's files, and keeps the answer for a short while.</summary>
internal sealed class TableFilesReader(InfluxQuery influx, TimeProvider clock)
{
    internal const string Sql = "SELECT count(*) AS files, min(min_time) AS oldest, max(max_time) AS newest FROM system.parquet_files WHERE table_name = $table";
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, (DateTimeOffset At, TableFiles? Files)> _known = new(StringComparer.Ordinal);

    /// <summary>The files, or null where the server doesn't tell.</summary>
    public async ValueTask<TableFiles?> GetAsync(string table, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(table, out (DateTimeOffset At, TableFiles? Files) known) && clock.GetUtcNow() - known.At < s_keep)
        {
            return known.Files;
        }

        if (await SystemTables.AskAsync(influx, Sql, table, cancellationToken).ConfigureAwait(false) is not { } rows)
        {
            // Slices of the set length do without; the query itself is tried again and says what is wrong.
            return null;
        }

        TableFiles? files = rows.Count == 0 ? null : new(rows[0]["files"].AsInt64() ?? 0, rows[0]["oldest"].AsInt64(), rows[0]["newest"].AsInt64());
        _known[table] = (clock.GetUtcNow(), files);
        return files;
    }
}
