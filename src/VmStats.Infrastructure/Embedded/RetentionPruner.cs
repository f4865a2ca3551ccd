using VmStats.Dumps.Records;
using VmStats.Stores;

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

    /// <summary>The time of the newest point of telemetry; null where there is none.</summary>
    public static long? Newest(SqliteSession session, StoredSchema schema) =>
        Telemetry(schema).Max(measurement => First(session, $"SELECT max(t0) FROM {measurement.LatestTable}"));

    /// <summary>Counts what a retention period would delete.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="oldestKept">Points before this time would go.</param>
    /// <param name="countsAll">True to count all that stay; false to stop when they are enough to make it an ordinary pass.</param>
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

        // What is known of the series' newest points follows the rows in the same transaction.
        Change(session, $"UPDATE {measurement.LatestTable} SET t1 = NULL WHERE t1 < ?", end);
        if (Change(session, $"DELETE FROM {measurement.LatestTable} WHERE t0 < ?", end) > 0)
        {
            session.Execute($"DELETE FROM {measurement.SeriesTable} WHERE id NOT IN (SELECT series FROM {measurement.LatestTable})");
            StoredSchema.NewGeneration(session);
        }

        return new PrunedSlice(deleted, end < oldestKept);
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

/// <summary>What a slice of a pruning did.</summary>
/// <param name="Deleted">Points that it deleted.</param>
/// <param name="IsMoreLeft">True when there is more to delete.</param>
internal readonly record struct PrunedSlice(long Deleted, bool IsMoreLeft);
