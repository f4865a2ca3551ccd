namespace VmStats.Text;

/// <summary>Removes secrets and control characters from texts before they are displayed.</summary>
internal static class SafeText
{
    /// <summary>Returns a URL without user info, and without the values in its query: any of them may be a secret.</summary>
    public static string Url(Uri url)
    {
        if (!url.IsAbsoluteUri)
        {
            return QueryNames(url.OriginalString);
        }

        string address = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return (address + QueryNames(url.Query)).TrimEnd('/');
    }

    /// <summary>Returns an external text with its control characters replaced; line ends and tabs stay.</summary>
    public static string Printable(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) && source[i] is not ('\n' or '\t') ? '\uFFFD' : source[i];
        }
    });

    private static string QueryNames(string query)
    {
        int mark = query.IndexOf('?', StringComparison.Ordinal);
        if (mark < 0 || mark == query.Length - 1)
        {
            return mark < 0 ? query : "";
        }

        IEnumerable<string> names = query[(mark + 1)..].Split('&').Select(pair => pair.Split('=')[0] + "=***");
        return string.Concat(query.AsSpan(0, mark), "?", string.Join('&', names));
    }
}
