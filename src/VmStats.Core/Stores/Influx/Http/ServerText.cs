using VmStats.Configuration;
using VmStats.Text;

namespace VmStats.Stores.Influx.Http;

/// <summary>Makes a server's texts safe to display.</summary>
internal static class ServerText
{
    private const int MaximumLength = 2000;

    /// <summary>Returns a text of the server, truncated to a maximum length, with the connection's secrets masked.</summary>
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
