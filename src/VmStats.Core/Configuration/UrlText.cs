namespace VmStats.Configuration;

/// <summary>What is wrong with the text of a URL.</summary>
internal enum UrlFault
{
    None,

    /// <summary>It is no URL, or one of no host and no file.</summary>
    NotAUrl,

    /// <summary>It has a query or a fragment, which no request would keep.</summary>
    HasQuery,
}

/// <summary>Reads addresses as people write them, in a parameter or a variable: without a scheme, http is meant.</summary>
internal static class UrlText
{
    /// <summary>The URL; null where the text is none that can be used. It is up to the caller which schemes will do.</summary>
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

    /// <summary>The user and the password that stand in a URL; nulls where there are none.</summary>
    public static (string? Name, string? Password) UserOf(Uri url)
    {
        if (url.UserInfo.Length == 0)
        {
            return (null, null);
        }

        string[] parts = url.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
    }

    // A file of another machine is reached by no URL here.
    private static bool HasPlace(Uri url) => url.IsFile ? url.Host.Length == 0 && url.LocalPath is not ("/" or "") : url.Host.Length > 0;
}
