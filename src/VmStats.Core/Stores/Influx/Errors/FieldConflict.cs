using System.Text.RegularExpressions;
using VmStats.Points;

namespace VmStats.Stores.Influx.Errors;

/// <summary>A field that a table has with another type, according to a server's refusal.</summary>
/// <param name="Measurement">The table; null if the refusal refers to a single line, which contains it.</param>
/// <param name="Field">The field.</param>
/// <param name="Actual">The type in which it was written.</param>
/// <param name="Expected">The type that the table has; Null if it isn't a field there.</param>
internal sealed partial record FieldConflict(string? Measurement, string Field, FieldKind Actual, FieldKind Expected)
{
    /// <summary>Parses the message of InfluxDB 1.x and 2.x, or of 3; returns null if it is about something else.</summary>
    public static FieldConflict? Find(string reason)
    {
        Match old = Old().Match(reason);
        if (old.Success)
        {
            return new(old.Groups["table"].Value, old.Groups["field"].Value, Kind(old.Groups["given"].Value), Kind(old.Groups["expected"].Value));
        }

        Match current = Current().Match(reason);
        return current.Success
            ? new(null, current.Groups["field"].Value, Kind(current.Groups["given"].Value), Kind(current.Groups["expected"].Value))
            : null;
    }

    /// <summary>True for a point that has the field with the refused type.</summary>
    public bool IsOf(Point point)
    {
        if (Measurement is not null && Measurement != point.Shape.Measurement)
        {
            return false;
        }

        for (int i = 0; i < point.Fields.Count; i++)
        {
            if (point.Shape.Fields[i] == Field)
            {
                return point.Fields[i].Kind == Actual;
            }
        }

        return false;
    }

    private static FieldKind Kind(string name) => name switch
    {
        "integer" => FieldKind.Integer,
        "unsigned" or "uinteger" => FieldKind.Unsigned,
        "float" => FieldKind.Float,
        "boolean" => FieldKind.Boolean,
        "string" => FieldKind.String,
        _ => FieldKind.Null,
    };

    [GeneratedRegex("""input field "(?<field>.+)" on measurement "(?<table>.+)" is type (?<given>\w+), already exists as type (?<expected>\w+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Old();

    [GeneratedRegex(@"invalid column type for column '(?<field>.+)', expected iox::column_type::(?:field::)?(?<expected>\w+), got iox::column_type::(?:field::)?(?<given>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Current();
}
