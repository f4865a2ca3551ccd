using Microsoft.Data.Sqlite;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Reads recent points through a connection whose log has been deleted and can't be read by other connections.</summary>
internal static class UnsavedPoints
{
    /// <summary>Reads all points since a time.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="oldest">The start time (inclusive).</param>
    /// <param name="points">The list to which the points are added.</param>
    /// <returns>The error message if some or all points couldn't be read; null on success.</returns>
    public static string? TryRead(SqliteSession session, long oldest, List<Point> points)
    {
        try
        {
            // One transaction for a consistent snapshot; closing the connection ends it.
            session.Execute("BEGIN");
            foreach (StoredMeasurement measurement in StoredSchema.Current(session, null).Measurements)
            {
                // A result row has the tags first, then the fields.
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
