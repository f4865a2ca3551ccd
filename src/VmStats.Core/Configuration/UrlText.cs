namespace VmStats.Configuration;

/// <summary>The reason why a text is not accepted as a URL.</summary>
internal enum UrlFault
{
    None,

    /// <summary>It is not a URL, or contains neither a host nor a file.</summary>
    NotAUrl,

    /// <summary>It has a query or a fragment, which requests would not include.</summary>
    HasQuery,
}

/// <summary>Parses the addresses in parameters and environment variables; without a scheme, http is assumed.</summary>
internal static class UrlText
{
    /// <summary>Returns the URL, or null if the text is not a usable one. The caller decides which schemes are allowed.</summary>
    public static Uri? TryParse(string text, out UrlFault fault)
    {
        string address = text.Trim();
        if (!address.Contains("://", StringComparison.Ordinal) && !address.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            address = "http://" + address;
        }

        fault = !Uri.TryCreate(address, UriKind.Absolute, out Uri? url) || !HasPlace(url) ? UrlFault.NotAUrl
            : url.Query.Length > 0 || url.Fragment.Length > 0 ? UrlFault.HasQuery
            : UrlFault.None;
        return fault == UrlFault.None ? url : null;
    }

    /// <summary>Returns the user and the password in a URL, or nulls if it has none.</summary>
    public static (string? Name, string? Password) UserOf(Uri url)
    {
        if (url.UserInfo.Length == 0)
        {
            return (null, null);
        }

        string[] parts = url.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }

    // A file URL with a host would refer to another machine, which is not supported.
    private static bool HasPlace(Uri url) => url.IsFile ? url.Host.Length == 0 && url.LocalPath is not ("/" or "") : url.Host.Length > 0;
}
