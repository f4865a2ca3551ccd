using VmStats.Points;

namespace VmStats.Core.Tests.Points;

/// <summary>A value in a column's type: the same answer whoever asks, and nothing lost without a word.</summary>
public sealed class FieldConverterTests
{
    private const long BeyondFloat = (1L << 53) + 1;

    public static TheoryData<object, object, object?, object?> Values => new()
    {
        { 5L, FieldKind.Float, 5.0, 5.0 },
        { 5L, FieldKind.Unsigned, 5UL, 5UL },
        { -5L, FieldKind.Unsigned, null, null },
        { 5UL, FieldKind.Integer, 5L, 5L },
        { ulong.MaxValue, FieldKind.Integer, null, null },
        { 5.0, FieldKind.Integer, 5L, 5L },
        { 5.0, FieldKind.Unsigned, 5UL, 5UL },
        { 1e19, FieldKind.Unsigned, 10_000_000_000_000_000_000UL, 10_000_000_000_000_000_000UL },
        { 1e19, FieldKind.Integer, null, null },
        { 1e300, FieldKind.Integer, null, null },
        { 9_223_372_036_854_775_808.0, FieldKind.Integer, null, null },
        { 18_446_744_073_709_551_616.0, FieldKind.Unsigned, null, null },
        { -1.0, FieldKind.Unsigned, null, null },
        { 1L << 53, FieldKind.Float, 9_007_199_254_740_992.0, 9_007_199_254_740_992.0 },
        { BeyondFloat, FieldKind.Float, null, 9_007_199_254_740_992.0 },
        { -BeyondFloat, FieldKind.Float, null, -9_007_199_254_740_992.0 },
        { long.MaxValue, FieldKind.Float, null, 9_223_372_036_854_775_808.0 },
        { long.MinValue, FieldKind.Float, -9_223_372_036_854_775_808.0, -9_223_372_036_854_775_808.0 },
        { ulong.MaxValue, FieldKind.Float, null, 18_446_744_073_709_551_616.0 },
        { 2.5, FieldKind.Integer, null, 2L },
        { 3.7, FieldKind.Unsigned, null, 4UL },
        { true, FieldKind.Integer, null, 1L },
        { true, FieldKind.Float, null, 1.0 },
        { 1L, FieldKind.Boolean, null, true },
        { 0.0, FieldKind.Boolean, null, false },
        { 5L, FieldKind.Boolean, null, null },
        { "5", FieldKind.Integer, null, null },
        { "5", FieldKind.Boolean, null, null },
        { 1.5, FieldKind.String, null, "1.5" },
        { 5L, FieldKind.Null, 5L, 5L },
        { "x", FieldKind.String, "x", "x" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_becomes_the_same_or_the_nearest_or_none(object given, object column, object? exact, object? nearest)
    {
        FieldKind kind = (FieldKind)column;
        FieldValue value = Of(given);
        Assert.Equal(exact, FieldConverter.Exact(value, kind).ToObject());
        Assert.Equal(nearest, FieldConverter.Nearest(value, kind).ToObject());
    }

    [Theory]
    [InlineData(1L << 53, nameof(ConversionOutcome.Exact))]
    [InlineData(BeyondFloat, nameof(ConversionOutcome.Rounded))]
    [InlineData(long.MaxValue, nameof(ConversionOutcome.Rounded))]
    [InlineData(ulong.MaxValue, nameof(ConversionOutcome.Rounded))]
    [InlineData("many", nameof(ConversionOutcome.Impossible))]
    public void A_number_that_a_float_does_not_hold_is_told(object given, string expected)
    {
        FieldConverter.Convert(Of(given), FieldKind.Float, ConversionMode.Lenient, out ConversionOutcome outcome);
        Assert.Equal(expected, $"{outcome}");
        FieldConverter.Convert(Of(given), FieldKind.Float, ConversionMode.Exact, out outcome);
        Assert.Equal(expected == nameof(ConversionOutcome.Exact) ? expected : nameof(ConversionOutcome.Impossible), $"{outcome}");
    }

    private static FieldValue Of(object value) => value switch
    {
        long number => FieldValue.From(number),
        ulong number => FieldValue.From(number),
        double number => FieldValue.From(number),
        bool truth => FieldValue.From(truth),
        _ => FieldValue.From((string)value),
    };
}
