using VmStats.Data;

namespace VmStats.Infrastructure.Embedded;

/// <summary>What a column takes: its own type, and numbers of another type that are the same number in its own.</summary>
internal static class FieldConversion
{
    /// <summary>The value as the column's type; false when it can't be that.</summary>
    public static bool TryConvert(in FieldValue value, FieldKind kind, out FieldValue converted)
    {
        FieldKind given = value.Kind;
        if (given == kind || given == FieldKind.Null)
        {
            converted = value;
            return true;
        }

        converted = IsNumber(given) ? Number(value, kind) : default;
        return !converted.IsNull;
    }

    private static bool IsNumber(FieldKind kind) => kind is FieldKind.Integer or FieldKind.Unsigned or FieldKind.Float;

    private static FieldValue Number(in FieldValue value, FieldKind kind) => kind switch
    {
        FieldKind.Integer => FieldValue.From(value.AsInt64()),
        FieldKind.Float => FieldValue.From(value.AsDouble()!.Value),
        FieldKind.Unsigned => Unsigned(value),
        _ => default,
    };

    private static FieldValue Unsigned(in FieldValue value)
    {
        if (value.AsInt64() is long number)
        {
            return number >= 0 ? FieldValue.From((ulong)number) : default;
        }

        double large = value.AsDouble()!.Value;
        return large == Math.Floor(large) && large is > 0 and < 18_446_744_073_709_551_616.0
            ? FieldValue.From((ulong)large)
            : default;
    }
}
