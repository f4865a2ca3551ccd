namespace VmStats.Points;

/// <summary>What points of one kind become where their table has other columns than ours.</summary>
/// <param name="TagName">A tag's name in a table; null where points go into that table without it.</param>
/// <param name="LeavesOut">True where a value that a column can't have is left out; else it stays, for the store to refuse the point and say why.</param>
internal sealed record ColumnRules(Func<MeasurementSchema, PointShape, string, string?> TagName, bool LeavesOut = false);
