namespace VmStats.Points;

/// <summary>Brings a value into the type that a column has, where that loses nothing: <see cref="FieldConverter.Exact"/>.</summary>
internal static class FieldFit
{
    /// <summary>The value in that type; absent when it can't be had exactly.</summary>
    public static FieldValue Fit(FieldValue value, FieldKind kind) => FieldConverter.Exact(value, kind);
}
