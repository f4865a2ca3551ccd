using System.Collections;
using System.Globalization;
using System.Management.Automation;
using VmStats.Errors;
using VmStats.Points;

namespace VmStats.PowerShell.Transformation;

/// <summary>Converts the values of a hashtable to query parameters.</summary>
internal static class QueryParameter
{
    /// <summary>Reads the parameters; their names may be written with or without the <c>$</c> of the query.</summary>
    /// <exception cref="VmStatsException"><c>QueryParameterNotSupported</c>: a value that no server supports.</exception>
    internal static IReadOnlyDictionary<string, FieldValue> ReadAll(IDictionary? parameters)
    {
        Dictionary<string, FieldValue> read = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in parameters ?? new Hashtable())
        {
            string name = $"{entry.Key}".TrimStart('$');
            if (!read.TryAdd(name, Read(name, entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value)))
            {
                throw NotSupported($"The parameter '{name}' is given twice.", "Give each name once, with or without its $; names are case-sensitive on the server.", name);
            }
        }

        return read;
    }

    private static FieldValue Read(string name, object? value) => value switch
    {
        null => default,
        string text => FieldValue.From(text),
        char letter => FieldValue.From(letter.ToString()),
        bool truth => FieldValue.From(truth),
        SwitchParameter truth => FieldValue.From(truth.IsPresent),
        sbyte or byte or short or ushort or int or uint or long => FieldValue.From(Convert.ToInt64(value, null)),
        ulong number => FieldValue.From(number),
        float or double or decimal => Number(name, Convert.ToDouble(value, null)),
        DateTimeOffset time => Time(name, time.UtcDateTime),
        DateTime time => Time(name, time),
        Guid uuid => FieldValue.From(uuid.ToString("D")),
        Enum one => FieldValue.From(one.ToString()),
        _ => throw NotSupported(
            $"The parameter '{name}' is a {value.GetType().Name}; a query takes strings, numbers, Booleans and times.",
            "For a list, write one parameter per value: WHERE name IN ($a, $b).",
            name),
    };

    // Parameters are sent as JSON, which has neither NaN nor infinity; a null instead would change the query's meaning.
    private static FieldValue Number(string name, double number) => double.IsFinite(number)
        ? FieldValue.From(number)
        : throw NotSupported(
            string.Create(CultureInfo.InvariantCulture, $"The parameter '{name}' is {number}, which no query can carry."),
            "Give a finite number. In SQL, write the value into the statement: 'NaN'::double or 'Infinity'::double.",
            name);

    private static FieldValue Time(string name, DateTime time)
    {
        try
        {
            return FieldValue.From(UnixTime.ToText(UnixTime.ToNanoseconds(new DateTimeOffset(time.ToUniversalTime()))));
        }
        catch (OverflowException)
        {
            throw NotSupported(
                string.Create(CultureInfo.InvariantCulture, $"The parameter '{name}' is the time {time:yyyy-MM-dd}, which no InfluxDB knows."),
                "Give a time of the years 1678 to 2261; to have no bound, leave the condition out.",
                name);
        }
    }

    private static VmStatsException NotSupported(string message, string recommendation, string name) =>
        new(ErrorIds.QueryParameterNotSupported, VmStatsErrorKind.InvalidArgument, message, recommendation, name);
}
