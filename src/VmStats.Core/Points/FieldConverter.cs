using System.Globalization;

namespace VmStats.Points;

/// <summary>How much a value may change on its way into a column's type.</summary>
internal enum ConversionMode
{
    /// <summary>Numbers only, and only those that are the same number in the other type.</summary>
    Exact,

    /// <summary>The nearest value that the type has: numbers are rounded, truth values are 1 and 0, a text takes anything.</summary>
    Lenient,
}

/// <summary>What became of a value on its way into a column's type.</summary>
internal enum ConversionOutcome
{
    /// <summary>It is the same value.</summary>
    Exact,

    /// <summary>It is the nearest number that the type has; whoever asked for it says so to the user.</summary>
    Rounded,

    /// <summary>The type has no such value.</summary>
    Impossible,
}

/// <summary>
/// Brings values into the types that columns have. The one place for it: what a store accepts, what a filter compares and
/// what a writer makes of a value are the same question.
/// </summary>
internal static class FieldConverter
{
    private const double Int64Limit = 9_223_372_036_854_775_808.0;
    private const double UInt64Limit = 18_446_744_073_709_551_616.0;

    /// <summary>The value in a column's type.</summary>
    /// <param name="value">The value; an absent one is absent in every type.</param>
    /// <param name="kind">The column's type; <see cref="FieldKind.Null"/> where it has none yet, so that it takes the value as it is.</param>
    /// <param name="mode">How much it may change.</param>
    /// <param name="outcome">What became of it.</param>
    /// <returns>The value; absent where the outcome is <see cref="ConversionOutcome.Impossible"/>.</returns>
    public static FieldValue Convert(in FieldValue value, FieldKind kind, ConversionMode mode, out ConversionOutcome outcome)
    {
        FieldKind given = value.Kind;
        if (given == kind || given == FieldKind.Null || kind == FieldKind.Null)
        {
            outcome = ConversionOutcome.Exact;
            return value;
        }

        FieldValue converted = kind switch
        {
            FieldKind.Integer or FieldKind.Unsigned or FieldKind.Float when IsNumber(given) => Number(value, kind, out outcome),
            _ when mode == ConversionMode.Lenient => OtherType(value, kind, out outcome),
            _ => None(out outcome),
        };
        return outcome == ConversionOutcome.Rounded && mode == ConversionMode.Exact ? None(out outcome) : converted;
    }

    /// <summary>The value in a column's type, where that loses nothing; else absent.</summary>
    public static FieldValue Exact(in FieldValue value, FieldKind kind) => Convert(value, kind, ConversionMode.Exact, out _);

    /// <summary>The nearest value that a column's type has; absent where there is none.</summary>
    public static FieldValue Nearest(in FieldValue value, FieldKind kind) => Convert(value, kind, ConversionMode.Lenient, out _);

    /// <summary>The value as text; null when absent or empty. A number that a writer stored in place of a text is spelt out.</summary>
    public static string? ToText(this FieldValue value) => value.ToString() is { Length: > 0 } text ? text : null;

    private static bool IsNumber(FieldKind kind) => kind is FieldKind.Integer or FieldKind.Unsigned or FieldKind.Float;

    private static FieldValue Number(in FieldValue value, FieldKind kind, out ConversionOutcome outcome)
    {
        if (value.Kind == FieldKind.Float)
        {
            return Whole(value.AsDouble()!.Value, kind, out outcome);
        }

        if (kind == FieldKind.Float)
        {
            // Beyond 2^53 not every whole number is a float.
            double number = value.AsDouble()!.Value;
            bool isSame = value.ToObject() is ulong large ? number < UInt64Limit && (ulong)number == large : number < Int64Limit && (long)number == value.AsInt64();
            outcome = isSame ? ConversionOutcome.Exact : ConversionOutcome.Rounded;
            return FieldValue.From(number);
        }

        outcome = ConversionOutcome.Exact;
        return value.AsInt64() is not long whole ? None(out outcome)
            : kind == FieldKind.Integer ? FieldValue.From(whole)
            : whole >= 0 ? FieldValue.From((ulong)whole)
            : None(out outcome);
    }

    private static FieldValue Whole(double number, FieldKind kind, out ConversionOutcome outcome)
    {
        double whole = Math.Round(number);
        outcome = whole == number ? ConversionOutcome.Exact : ConversionOutcome.Rounded;
        return kind == FieldKind.Integer
            ? whole is >= -Int64Limit and < Int64Limit ? FieldValue.From((long)whole) : None(out outcome)
            : whole is >= 0 and < UInt64Limit ? FieldValue.From((ulong)whole) : None(out outcome);
    }

    private static FieldValue OtherType(in FieldValue value, FieldKind kind, out ConversionOutcome outcome)
    {
        outcome = ConversionOutcome.Exact;
        return kind switch
        {
            FieldKind.String => FieldValue.From(System.Convert.ToString(value.ToObject(), CultureInfo.InvariantCulture)),
            FieldKind.Boolean when value.AsInt64() is 0 or 1 => FieldValue.From(value.AsInt64() == 1),
            FieldKind.Integer when value.AsBoolean() is bool truth => FieldValue.From(truth ? 1L : 0L),
            FieldKind.Unsigned when value.AsBoolean() is bool truth => FieldValue.From(truth ? 1UL : 0UL),
            FieldKind.Float when value.AsBoolean() is bool truth => FieldValue.From(truth ? 1.0 : 0.0),
            _ => None(out outcome),
        };
    }

    private static FieldValue None(out ConversionOutcome outcome)
    {
        outcome = ConversionOutcome.Impossible;
        return default;
    }
}
