using VmStats.Dumps.Records;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Deletes telemetry that is older than the retention period. Dump records are kept because the dumps themselves are kept.
/// The file doesn't shrink; the freed pages are reused.
/// </summary>
internal static class RetentionPruner
{
    // Makes a transaction take roughly ten milliseconds.
    private const int RowsPerSlice = 5_000;

    /// <summary>Returns true if the retention period applies to a measurement.</summary>
    public static bool AppliesTo(string measurement) => measurement != MemDumpsTable.Measurement;

    /// <summary>Returns the time of the newest telemetry point; null if there is none.</summary>
    public static long? Newest(SqliteSession session, StoredSchema schema) =>
        Telemetry(schema).Max(measurement => First(session, $"SELECT max(t0) FROM {measurement.LatestTable}"));

    /// <summary>Counts the points that a pruning pass would delete, and the total.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="oldestKept">Points before this time would be deleted.</param>
    /// <param name="countsAll">True to count all remaining points; false to stop as soon as there are enough for the pass to be within the limit.</param>
    public static (long Points, long Total) Count(SqliteSession session, StoredSchema schema, long oldestKept, bool countsAll)
    {
        long points = Telemetry(schema).Sum(measurement =>
            First(session, $"SELECT count(*) FROM {measurement.DataTable} WHERE time < ?", oldestKept)!.Value);
        long enough = countsAll ? long.MaxValue : points * PruningPlan.KeptPerDeleted;
        long kept = 0;
        foreach (StoredMeasurement measurement in Telemetry(schema))
        {
            kept += First(
                session, $"SELECT count(*) FROM (SELECT 1 FROM {measurement.DataTable} WHERE time >= ? LIMIT ?)", oldestKept, enough - kept)!.Value;
        }

        return (points, points + kept);
    }

    /// <summary>Deletes the oldest slice of each measurement.</summary>
    public static PrunedSlice PruneSlice(BatchWriter writer, long oldestKept, CancellationToken cancellationToken)
    {
        PrunedSlice slice = default;
        writer.InTransaction(
            () =>
            {
                foreach (StoredMeasurement measurement in Telemetry(writer.Schema))
                {
                    PrunedSlice one = PruneSlice(writer.Session, measurement, oldestKept);
                    slice = new PrunedSlice(slice.Deleted + one.Deleted, slice.IsMoreLeft || one.IsMoreLeft);
                }
            },
            cancellationToken);
        return slice;
    }

    private static IEnumerable<StoredMeasurement> Telemetry(StoredSchema schema) =>
        schema.Measurements.Where(measurement => AppliesTo(measurement.Name));

    private static PrunedSlice PruneSlice(SqliteSession session, StoredMeasurement measurement, long oldestKept)
    {
        long end = SliceEnd(session, measurement, oldestKept);
        long deleted = Change(session, $"DELETE FROM {measurement.DataTable} WHERE time < ?", end);
        if (deleted == 0)
        {
            return default;
        }

        // The newest times per series are updated in the same transaction as the rows.
        Change(session, $"UPDATE {measurement.LatestTable} SET t1 = NULL WHERE t1 < ?", end);
        if (Change(session, $"DELETE FROM {measurement.LatestTable} WHERE t0 < ?", end) > 0)
        {
            session.Execute($"DELETE FROM {measurement.SeriesTable} WHERE id NOT IN (SELECT series FROM {measurement.LatestTable})");
            StoredSchema.IncrementGeneration(session);
        }

        return new PrunedSlice(deleted, end < oldestKept);
    }

    /// <summary>Returns the time before which to delete: <paramref name="oldestKept"/>, or earlier if that would be more than one slice.</summary>
    private static long SliceEnd(SqliteSession session, StoredMeasurement measurement, long oldestKept)
    {
        using SqliteStatement statement = session.Prepare(
            $"SELECT time FROM {measurement.DataTable} WHERE time < ? ORDER BY time LIMIT 1 OFFSET ?");
        statement.Bind(1, oldestKept);
        statement.Bind(2, (long)RowsPerSlice);

        // Rows with the same time are deleted together, so a slice ends between two times.
        return statement.Step() ? statement.Int64(0) + 1 : oldestKept;
    }

    private static long? First(SqliteSession session, string sql, params ReadOnlySpan<long> parameters)
    {
        using SqliteStatement statement = session.Prepare(sql);
        for (int i = 0; i < parameters.Length; i++)
        {
            statement.Bind(i + 1, parameters[i]);
        }

        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    private static long Change(SqliteSession session, string sql, long time)
    {
        using SqliteStatement statement = session.Prepare(sql);
        statement.Bind(1, time);
        statement.Run();
        return session.Number("SELECT changes()");
    }
}

/// <summary>The result of deleting one slice.</summary>
/// <param name="Deleted">Number of deleted points.</param>
/// <param name="IsMoreLeft">True if there are more points to delete.</param>
internal readonly record struct PrunedSlice(long Deleted, bool IsMoreLeft);
