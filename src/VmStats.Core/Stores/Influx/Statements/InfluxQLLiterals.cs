using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Stores.Influx.Statements;

/// <summary>
/// Replaces $name parameters in an InfluxQL statement by their values, for servers whose /query endpoint has no
/// parameters. A value becomes a literal of its type and nothing else; text in quotes, comments and regular expressions
/// is left unchanged.
/// </summary>
internal static class InfluxQLLiterals
{
    /// <summary>Returns the statement with the values inserted. A name without a value is left for the server to report.</summary>
    public static string Bind(string query, IReadOnlyDictionary<string, FieldValue> parameters)
    {
        if (parameters.Count == 0)
        {
            return query;
        }

        StringBuilder text = new(query.Length + 64);
        for (int i = 0; i < query.Length;)
        {
            int end = EndOfToken(query, i, text);
            if (query[i] == '$' && end > i + 1 && parameters.TryGetValue(query[(i + 1)..end], out FieldValue value))
            {
                text.Append(Literal(value));
            }
            else
            {
                text.Append(query, i, end - i);
            }

            i = end;
        }

        return text.ToString();
    }

    /// <summary>Formats a value as an InfluxQL literal.</summary>
    public static string Literal(FieldValue value) => value.ToObject() switch
    {
        string text => Quote(text),
        double number => WithoutExponent(number.ToString("R", CultureInfo.InvariantCulture)),
        bool boolean => boolean ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "null",
    };

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}'";

    // InfluxQL doesn't support exponents, and treats a number without a decimal point as an integer.
    private static string WithoutExponent(string number)
    {
        int at = number.IndexOf('E', StringComparison.Ordinal);
        if (at < 0)
        {
            return number.Contains('.', StringComparison.Ordinal) ? number : number + ".0";
        }

        string sign = number[0] == '-' ? "-" : "";
        string[] parts = number[sign.Length..at].Split('.');
        int point = parts[0].Length + int.Parse(number.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string digits = string.Concat(parts);
        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? $"{sign}{digits.PadRight(point, '0')}.0"
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }

    private static int EndOfToken(string query, int start, StringBuilder before) => query[start] switch
    {
        '\'' or '"' => EndOfQuoted(query, start),
        '/' when IsAt(query, start, "/*") => EndAfter(query, start + 2, "*/"),
        '/' when BeginsRegex(before) => EndOfQuoted(query, start),
        '-' when IsAt(query, start, "--") => EndAfter(query, start + 2, "\n"),
        '$' => EndOfName(query, start + 1),
        _ => start + 1,
    };

    private static bool IsAt(string query, int start, string text) => string.CompareOrdinal(query, start, text, 0, text.Length) == 0;

    private static int EndAfter(string query, int start, string text) =>
        query.IndexOf(text, start, StringComparison.Ordinal) is >= 0 and var at ? at + text.Length : query.Length;

    private static int EndOfQuoted(string query, int start)
    {
        for (int i = start + 1; i < query.Length; i++)
        {
            if (query[i] == query[start])
            {
                return i + 1;
            }

            i += query[i] == '\\' ? 1 : 0;
        }

        return query.Length;
    }

    private static int EndOfName(string query, int start)
    {
        while (start < query.Length && (char.IsAsciiLetterOrDigit(query[start]) || query[start] == '_'))
        {
            start++;
        }

        return start;
    }

    // After a number, a name or a closing bracket, a slash is a division.
    private static bool BeginsRegex(StringBuilder before)
    {
        string text = before.ToString().TrimEnd();
        return text.Length > 0 && (text[^1] is '~' or ',' or '('
            || Array.Exists([" FROM", " BY", "SELECT", " MEASUREMENT"], word => text.EndsWith(word, StringComparison.OrdinalIgnoreCase)));
    }
}
