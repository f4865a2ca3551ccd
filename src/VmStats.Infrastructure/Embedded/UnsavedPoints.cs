using Microsoft.Data.Sqlite;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>The newer points as a connection sees them whose log is lost to everybody else.</summary>
internal static class UnsavedPoints
{
    /// <summary>Reads all points from a time on.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="oldest">Their oldest time.</param>
    /// <param name="points">They are added to it.</param>
    /// <returns>Why they can't be read, or not all; null when they were.</returns>
    public static string? TryRead(SqliteSession session, long oldest, List<Point> points)
    {
        try
        {
            // One moment; closing the connection ends it.
            session.Execute("BEGIN");
            foreach (StoredMeasurement measurement in StoredSchema.Current(session, null).Measurements)
            {
                // A row has the tags first, then the fields.
                string[] tags = measurement.Tags.Select(tag => tag.Name).ToArray();
                string[] fields = measurement.Fields.Select(field => field.Name).ToArray();
                PointShape shape = new(measurement.Name, tags, fields);
                StoreQuery query = new(measurement.Name) { Start = oldest };
                points.AddRange(RowsQuery.Run(session, Conditions.Of(measurement, []), query).Select(row => new Point(
                    shape,
                    row.Time!.Value,
                    Enumerable.Range(0, tags.Length).Select(i => row[i].AsString()).ToArray(),
                    Enumerable.Range(tags.Length, fields.Length).Select(i => row[i]).ToArray())));
            }

            return null;
        }
        catch (SqliteException e)
        {
            return e.Message;
        }
    }
}
