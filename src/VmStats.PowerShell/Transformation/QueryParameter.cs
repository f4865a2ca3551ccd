using System.Collections;
using System.Management.Automation;
using VmStats.Data;

namespace VmStats.PowerShell.Transformation;

/// <summary>Turns the values of a hashtable into what travels beside a query.</summary>
internal static class QueryParameter
{
    /// <summary>The parameters, with or without the <c>$</c> that the query has before their names.</summary>
    /// <exception cref="VmStatsException">A value that no server takes: <c>QueryParameterNotSupported</c>.</exception>
    internal static IReadOnlyDictionary<string, FieldValue> ReadAll(IDictionary? parameters)
    {
        Dictionary<string, FieldValue> read = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in parameters ?? new Hashtable())
        {
            string name = $"{entry.Key}".TrimStart('$');
            read[name] = Read(name, entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value);
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
        float or double or decimal => FieldValue.From(Convert.ToDouble(value, null)),
        DateTimeOffset time => FieldValue.From(UnixTime.ToText(UnixTime.ToNanoseconds(time))),
        DateTime time => FieldValue.From(UnixTime.ToText(UnixTime.ToNanoseconds(new DateTimeOffset(time)))),
        Guid uuid => FieldValue.From(uuid.ToString("D")),
        Enum one => FieldValue.From(one.ToString()),
        _ => throw new VmStatsException(
            "QueryParameterNotSupported",
            VmStatsErrorKind.InvalidArgument,
            $"The parameter '{name}' is a {value.GetType().Name}; a query takes texts, numbers, truth values and times.",
            "For a list, write one parameter per value: WHERE name IN ($a, $b).",
            name),
    };
}
