using VmStats.Points;

namespace VmStats.Core.Tests.Points;

public class FieldValueTests
{
    public static TheoryData<object, object, object?, long?, double?> Values => new()
    {
        { FieldValue.Null, FieldKind.Null, null, null, null },
        { FieldValue.From(long.MaxValue), FieldKind.Integer, long.MaxValue, long.MaxValue, 9.2233720368547758E+18 },
        { FieldValue.From(ulong.MaxValue), FieldKind.Unsigned, ulong.MaxValue, null, 1.8446744073709552E+19 },
        { FieldValue.From(7ul), FieldKind.Unsigned, 7ul, 7, 7 },
        { FieldValue.From(2.0), FieldKind.Float, 2.0, 2, 2 },
        { FieldValue.From(2.5), FieldKind.Float, 2.5, null, 2.5 },
        { FieldValue.From(1e300), FieldKind.Float, 1e300, null, 1e300 },
        { FieldValue.From(double.NaN), FieldKind.Null, null, null, null },
        { FieldValue.From(true), FieldKind.Boolean, true, 1, 1 },
        { FieldValue.From("x"), FieldKind.String, "x", null, null },
        { FieldValue.From(""), FieldKind.String, "", null, null },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Keeps_kind_and_value(object given, object kind, object? expected, long? integer, double? number)
    {
        FieldValue value = (FieldValue)given;
        Assert.Equal(kind, value.Kind);
        Assert.Equal(expected, value.ToObject());
        Assert.Equal(integer, value.AsInt64());
        Assert.Equal(number, value.AsDouble());
    }

    [Fact]
    public void Equal_only_when_kind_and_value_are()
    {
        Assert.Equal(FieldValue.From("a" + "b"), FieldValue.From(string.Concat("a", "b")));
        Assert.NotEqual(FieldValue.From(1L), FieldValue.From(1.0));
        Assert.NotEqual(FieldValue.From(1L), FieldValue.From(true));
        Assert.NotEqual(FieldValue.Null, FieldValue.From(0L));
    }

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000000000Z")]
    [InlineData(1, "1970-01-01T00:00:00.000000001Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999999999Z")]
    [InlineData(1_767_225_600_123_456_789, "2026-01-01T00:00:00.123456789Z")]
    public void Time_text_has_nine_digits(long nanoseconds, string expected) =>
        Assert.Equal(expected, UnixTime.ToText(nanoseconds));

    [Fact]
    public void Time_goes_there_and_back()
    {
        DateTimeOffset time = new(2026, 11, 24, 3, 4, 5, TimeSpan.FromHours(2));
        Assert.Equal(time, UnixTime.FromNanoseconds(UnixTime.ToNanoseconds(time)));
        Assert.Equal(TimeSpan.Zero, UnixTime.FromNanoseconds(1).Offset);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddTicks(-1), UnixTime.FromNanoseconds(-1));
    }
}
