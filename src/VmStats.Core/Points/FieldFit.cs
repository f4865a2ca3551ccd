namespace VmStats.Points;

/// <summary>Converts a value to a column's type if that is exact: <see cref="FieldConverter.Exact"/>.</summary>
internal static class FieldFit
{
    /// <summary>Returns the value in that type; absent if it has no exact equivalent.</summary>
    public static FieldValue Fit(FieldValue value, FieldKind kind) => FieldConverter.Exact(value, kind);
}
