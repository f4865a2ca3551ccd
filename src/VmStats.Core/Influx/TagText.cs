namespace VmStats.Influx;

/// <summary>
/// Tag values as line protocol can carry them. It has no way to write a control character in a tag, nor a backslash at
/// its end; a VM's name may have both. A control character travels as its picture (U+240A for a line feed), a last
/// backslash as the full-width one: people read the same, no two names become one, and reading gives back the original.
/// </summary>
internal static class TagText
{
    private const char FirstPicture = '\u2400';
    private const char LastPicture = '\u241F';
    private const char FullWidthBackslash = '\uFF3C';

    /// <summary>The text for the wire.</summary>
    public static string Encode(string value)
    {
        bool endsBadly = value.EndsWith('\\');
        if (!endsBadly && value.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0)
        {
            return value;
        }

        return string.Create(value.Length, (value, endsBadly), static (span, state) =>
        {
            state.value.CopyTo(span);
            foreach (ref char c in span)
            {
                c = c < ' ' ? (char)(FirstPicture + c) : c;
            }

            if (state.endsBadly)
            {
                span[^1] = FullWidthBackslash;
            }
        });
    }

    /// <summary>The text that <see cref="Encode"/> was given.</summary>
    public static string Decode(string value)
    {
        bool endsBadly = value.EndsWith(FullWidthBackslash);
        if (!endsBadly && value.AsSpan().IndexOfAnyInRange(FirstPicture, LastPicture) < 0)
        {
            return value;
        }

        return string.Create(value.Length, (value, endsBadly), static (span, state) =>
        {
            state.value.CopyTo(span);
            foreach (ref char c in span)
            {
                c = c is >= FirstPicture and <= LastPicture ? (char)(c - FirstPicture) : c;
            }

            if (state.endsBadly)
            {
                span[^1] = '\\';
            }
        });
    }
}
