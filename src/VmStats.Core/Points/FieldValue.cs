using System.Globalization;

namespace VmStats.Points;

/// <summary>The type of a stored value, with InfluxDB's type names.</summary>
internal enum FieldKind
{
    /// <summary>Absent.</summary>
    Null,

    /// <summary>Signed 64-bit integer.</summary>
    Integer,

    /// <summary>Unsigned 64-bit integer.</summary>
    Unsigned,

    /// <summary>64-bit floating point.</summary>
    Float,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Text.</summary>
    String,
}

/// <summary>
/// One stored value. Sixteen bytes, no boxing: a row of 31 columns stays well under a kilobyte.
/// </summary>
internal readonly struct FieldValue : IEquatable<FieldValue>
{
    private static readonly object s_integer = new();
    private static readonly object s_unsigned = new();
    private static readonly object s_float = new();
    private static readonly object s_boolean = new();

    // The string itself, or one of the markers above, which determine how to interpret the bits.
    private readonly object? _reference;
    private readonly long _bits;

    private FieldValue(object? reference, long bits)
    {
        _reference = reference;
        _bits = bits;
    }

    /// <summary>The absent value.</summary>
    public static FieldValue Null => default;

    /// <summary>The type of the value.</summary>
    public FieldKind Kind => _reference switch
    {
        null => FieldKind.Null,
        string => FieldKind.String,
        object o when ReferenceEquals(o, s_integer) => FieldKind.Integer,
        object o when ReferenceEquals(o, s_float) => FieldKind.Float,
        object o when ReferenceEquals(o, s_boolean) => FieldKind.Boolean,
        _ => FieldKind.Unsigned,
    };

    /// <summary>True when absent.</summary>
    public bool IsNull => _reference is null;

    /// <summary>An integer.</summary>
    public static FieldValue From(long value) => new(s_integer, value);

    /// <summary>An integer, or absent.</summary>
    public static FieldValue From(long? value) => value is long v ? From(v) : default;

    /// <summary>An unsigned integer.</summary>
    public static FieldValue From(ulong value) => new(s_unsigned, unchecked((long)value));

    /// <summary>A floating-point number; NaN and the infinities are absent, since InfluxDB doesn't accept them.</summary>
    public static FieldValue From(double value) =>
        double.IsFinite(value) ? new(s_float, BitConverter.DoubleToInt64Bits(value)) : default;

    /// <summary>A Boolean.</summary>
    public static FieldValue From(bool value) => new(s_boolean, value ? 1 : 0);

    /// <summary>A text, or absent.</summary>
    public static FieldValue From(string? value) => value is null ? default : new(value, 0);

    /// <summary>The value as a signed integer: an integer, an unsigned or float with an exact integer value, or a Boolean as 1 or 0; otherwise null.</summary>
    public long? AsInt64()
    {
        switch (Kind)
        {
            case FieldKind.Integer:
            case FieldKind.Boolean:
                return _bits;
            case FieldKind.Unsigned:
                return _bits >= 0 ? _bits : null;
            case FieldKind.Float:
                double number = BitConverter.Int64BitsToDouble(_bits);
                return number == Math.Floor(number) && number is >= -9.2233720368547758E+18 and < 9.2233720368547758E+18
                    ? (long)number
                    : null;
            default:
                return null;
        }
    }

    /// <summary>The value as a floating-point number, or null if it is text or absent.</summary>
    public double? AsDouble() => Kind switch
    {
        FieldKind.Integer or FieldKind.Boolean => _bits,
        FieldKind.Unsigned => unchecked((ulong)_bits),
        FieldKind.Float => BitConverter.Int64BitsToDouble(_bits),
        _ => null,
    };

    /// <summary>The value as a Boolean, or null if it is text or absent; a number is true unless it is zero.</summary>
    public bool? AsBoolean() => Kind switch
    {
        FieldKind.Boolean or FieldKind.Integer or FieldKind.Unsigned => _bits != 0,
        FieldKind.Float => BitConverter.Int64BitsToDouble(_bits) != 0,
        _ => null,
    };

    /// <summary>The text, or null when the value is not text.</summary>
    public string? AsString() => _reference as string;

    /// <summary>The value as a CLR object: long, ulong, double, bool, string or null.</summary>
    public object? ToObject() => Kind switch
    {
        FieldKind.Integer => _bits,
        FieldKind.Unsigned => unchecked((ulong)_bits),
        FieldKind.Float => BitConverter.Int64BitsToDouble(_bits),
        FieldKind.Boolean => _bits != 0,
        FieldKind.String => (string)_reference!,
        _ => null,
    };

    /// <inheritdoc/>
    public bool Equals(FieldValue other) =>
        _reference is string text ? text == other._reference as string : ReferenceEquals(_reference, other._reference) && _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FieldValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        _reference is string text ? text.GetHashCode(StringComparison.Ordinal) : HashCode.Combine(Kind, _bits);

    /// <summary>Equality by kind and value.</summary>
    public static bool operator ==(FieldValue left, FieldValue right) => left.Equals(right);

    /// <summary>Inequality by kind or value.</summary>
    public static bool operator !=(FieldValue left, FieldValue right) => !left.Equals(right);

    /// <summary>The value as culture-invariant text; empty when absent.</summary>
    public override string ToString() => Convert.ToString(ToObject(), CultureInfo.InvariantCulture) ?? "";
}
