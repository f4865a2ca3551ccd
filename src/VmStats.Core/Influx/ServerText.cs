using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>A server's texts as they may be shown.</summary>
internal static class ServerText
{
    private const int MaximumLength = 2000;

    /// <summary>A text of the server, cut to a bearable length, with the connection's secrets struck out.</summary>
    public static string Show(string text, ConnectionOptions options)
    {
        text = text.Trim();
        foreach (Secret? secret in (ReadOnlySpan<Secret?>)[options.Token, options.Password])
        {
            if (secret?.Reveal() is { Length: > 3 } value)
            {
                text = text.Replace(value, "***", StringComparison.Ordinal);
            }
        }

        return SafeText.Printable(text.Length > MaximumLength ? string.Concat(text.AsSpan(0, MaximumLength), "...") : text);
    }
}
