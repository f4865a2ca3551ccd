using System.Globalization;

namespace VmStats.Points;

/// <summary>How much a value may change when it is converted to a column's type.</summary>
internal enum ConversionMode
{
    /// <summary>Only numbers that can be represented exactly in the other type.</summary>
    Exact,

    /// <summary>The nearest value of the type: numbers are rounded, Booleans become 1 or 0, and anything can become text.</summary>
    Lenient,
}

/// <summary>The outcome of converting a value to a column's type.</summary>
internal enum ConversionOutcome
{
    /// <summary>The value is unchanged.</summary>
    Exact,

    /// <summary>The value was rounded to the nearest number of the type; the caller should report it to the user.</summary>
    Rounded,

    /// <summary>The type has no corresponding value.</summary>
    Impossible,
}

/// <summary>
/// Converts values to the types of columns. All conversions are here, so that stores, filters and writers apply the same
/// rules.
/// </summary>
internal static class FieldConverter
{
    private const double Int64Limit = 9_223_372_036_854_775_808.0;
    private const double UInt64Limit = 18_446_744_073_709_551_616.0;

    /// <summary>Converts a value to a column's type.</summary>
    /// <param name="value">The value; an absent one stays absent.</param>
    /// <param name="kind">The column's type; <see cref="FieldKind.Null"/> if it has none yet, and accepts the value unchanged.</param>
    /// <param name="mode">How much it may change.</param>
    /// <param name="outcome">The outcome.</param>
    /// <returns>The value; absent if the outcome is <see cref="ConversionOutcome.Impossible"/>.</returns>
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

    /// <summary>Returns the value in a column's type if the conversion is exact, otherwise absent.</summary>
    public static FieldValue Exact(in FieldValue value, FieldKind kind) => Convert(value, kind, ConversionMode.Exact, out _);

    /// <summary>Returns the nearest value of a column's type; absent if there is none.</summary>
    public static FieldValue Nearest(in FieldValue value, FieldKind kind) => Convert(value, kind, ConversionMode.Lenient, out _);

    /// <summary>Returns the value as text; null when absent or empty. A number that a writer stored instead of text is formatted.</summary>
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
            // Beyond 2^53, not every integer has an exact float.
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
