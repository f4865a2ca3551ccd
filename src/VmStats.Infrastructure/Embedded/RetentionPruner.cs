using VmStats.MemoryDumps;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Deletes telemetry that is older than the retention period; the records of dumps stay, since the dumps do. The file
/// keeps its size; the room is used again.
/// </summary>
internal static class RetentionPruner
{
    // A transaction of some ten milliseconds.
    private const int RowsPerSlice = 5_000;

    /// <summary>True when the retention period holds for a measurement.</summary>
    public static bool AppliesTo(string measurement) => measurement != MemDumpsTable.Measurement;

    /// <summary>Deletes the oldest slice of each measurement; true when there is more to delete.</summary>
    public static bool PruneSlice(PointWriter writer, long oldestKept, CancellationToken cancellationToken)
    {
        bool more = false;
        writer.InTransaction(
            () =>
            {
                foreach (StoredMeasurement measurement in writer.Schema.Measurements.Where(one => AppliesTo(one.Name)))
                {
                    more |= PruneSlice(writer.Session, measurement, oldestKept);
                }
            },
            cancellationToken);
        return more;
    }

    private static bool PruneSlice(SqliteSession session, StoredMeasurement measurement, long oldestKept)
    {
        long end = SliceEnd(session, measurement, oldestKept);
        if (Change(session, $"DELETE FROM {measurement.DataTable} WHERE time < ?", end) == 0)
        {
            return false;
        }

        // What is known of the series' newest points follows the rows in the same transaction.
        Change(session, $"UPDATE {measurement.LatestTable} SET t1 = NULL WHERE t1 < ?", end);
        if (Change(session, $"DELETE FROM {measurement.LatestTable} WHERE t0 < ?", end) > 0)
        {
            session.Execute($"DELETE FROM {measurement.SeriesTable} WHERE id NOT IN (SELECT series FROM {measurement.LatestTable})");
            StoredSchema.NewGeneration(session);
        }

        return end < oldestKept;
    }

    /// <summary>The time up to which to delete: the bound itself, or less where more than a slice lies before it.</summary>
    private static long SliceEnd(SqliteSession session, StoredMeasurement measurement, long oldestKept)
    {
        using SqliteStatement statement = session.Prepare(
            $"SELECT time FROM {measurement.DataTable} WHERE time < ? ORDER BY time LIMIT 1 OFFSET ?");
        statement.Bind(1, oldestKept);
        statement.Bind(2, (long)RowsPerSlice);

        // All rows of one time go together, so that a slice ends between two times.
        return statement.Step() ? statement.Int64(0) + 1 : oldestKept;
    }

    private static long Change(SqliteSession session, string sql, long time)
    {
        using SqliteStatement statement = session.Prepare(sql);
        statement.Bind(1, time);
        statement.Run();
        return session.Number("SELECT changes()");
    }
}
