namespace VmStats.Text;

/// <summary>
/// Encodes tag values for line protocol, which supports neither control characters in a tag nor a backslash at its end,
/// while a VM's name may have both. A control character is replaced by its picture (U+240A for a line feed), a trailing
/// backslash by the full-width one: the text looks the same, names stay unique, and decoding restores the original.
/// </summary>
internal static class TagSubstitutes
{
    private const char FirstPicture = '\u2400';
    private const char LastPicture = '\u241F';
    private const char FullWidthBackslash = '\uFF3C';

    /// <summary>Encodes a value for line protocol.</summary>
    public static string Encode(string value)
    {
        bool endsWithBackslash = value.EndsWith('\\');
        if (!endsWithBackslash && value.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0)
        {
            return value;
        }

        return string.Create(value.Length, (value, endsWithBackslash), static (span, state) =>
        {
            state.value.CopyTo(span);
            foreach (ref char c in span)
            {
                c = c < ' ' ? (char)(FirstPicture + c) : c;
            }

            if (state.endsWithBackslash)
            {
                span[^1] = FullWidthBackslash;
            }
        });
    }

    /// <summary>Decodes a value that was encoded by <see cref="Encode"/>.</summary>
    public static string Decode(string value)
    {
        bool endsWithBackslash = value.EndsWith(FullWidthBackslash);
        if (!endsWithBackslash && value.AsSpan().IndexOfAnyInRange(FirstPicture, LastPicture) < 0)
        {
            return value;
        }

        return string.Create(value.Length, (value, endsWithBackslash), static (span, state) =>
        {
            state.value.CopyTo(span);
            foreach (ref char c in span)
            {
                c = c is >= FirstPicture and <= LastPicture ? (char)(c - FirstPicture) : c;
            }

            if (state.endsWithBackslash)
            {
                span[^1] = '\\';
            }
        });
    }
}
