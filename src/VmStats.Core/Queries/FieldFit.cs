using VmStats.Data;

namespace VmStats.Queries;

/// <summary>Brings a value into the type that a column has, where that loses nothing.</summary>
internal static class FieldFit
{
    /// <summary>The value in that type; absent when it can't be had exactly.</summary>
    public static FieldValue Fit(FieldValue value, FieldKind kind)
    {
        if (value.Kind == kind || value.IsNull)
        {
            return value;
        }

        switch (kind)
        {
            case FieldKind.Float when value.Kind is FieldKind.Integer or FieldKind.Unsigned:
                return FieldValue.From(value.AsDouble()!.Value);
            case FieldKind.Integer when value.Kind is FieldKind.Float or FieldKind.Unsigned:
                return FieldValue.From(value.AsInt64());
            case FieldKind.Unsigned when value.Kind is FieldKind.Float or FieldKind.Integer && value.AsInt64() is >= 0 and { } integer:
                return FieldValue.From((ulong)integer);
            default:
                return default;
        }
    }
}
