namespace VmStats.Points;

/// <summary>The rules that adapt points to an existing table with different columns.</summary>
/// <param name="TagName">Returns a tag's name in a table; null if points are written to that table without the tag.</param>
/// <param name="OmitsInvalidValues">True to omit values that a column's type doesn't accept; false to keep them, so that the store rejects the point with a reason.</param>
internal sealed record ColumnRules(Func<MeasurementSchema, PointShape, string, string?> TagName, bool OmitsInvalidValues = false);
