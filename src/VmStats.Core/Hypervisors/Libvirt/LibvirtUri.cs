namespace VmStats.Hypervisors.Libvirt;

/// <summary>Parses libvirt URIs.</summary>
internal static class LibvirtUri
{
    /// <summary>
    /// True when the daemon (or the driver itself) runs on this machine: the URI has no host, and no transport other
    /// than a unix socket. A host that is a name of this machine still counts as remote, since it may lead through a
    /// tunnel.
    /// </summary>
    public static bool IsLocal(string uri)
    {
        int end = uri.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        string scheme = uri[..end];
        int plus = scheme.IndexOf('+', StringComparison.Ordinal);
        bool isUnix = plus < 0 || scheme[(plus + 1)..].Equals("unix", StringComparison.OrdinalIgnoreCase);
        return isUnix && Authority(uri, end).Length == 0;
    }

    /// <summary>Refuses a text that can be neither a libvirt URI nor the name of one in libvirt.conf.</summary>
    /// <exception cref="VmStatsException"><c>InvalidHypervisorUri</c>.</exception>
    public static void Validate(string uri)
    {
        int end = uri.IndexOf("://", StringComparison.Ordinal);
        bool isAlias = end < 0 && uri.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
        if (!isAlias && (end <= 0 || !Uri.TryCreate(uri, UriKind.Absolute, out _)))
        {
            throw HypervisorErrors.InvalidUri(Redact(uri), "it isn't of the form driver[+transport]://[user@][host]/path");
        }
    }

    /// <summary>Returns the URI without user info, and without the values of parameters whose names mark them as secrets.</summary>
    public static string Redact(string uri)
    {
        int end = uri.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
        {
            return uri;
        }

        string authority = Authority(uri, end);
        string host = authority[(authority.LastIndexOf('@') + 1)..];
        string rest = uri[(end + 3 + authority.Length)..];
        int query = rest.IndexOf('?', StringComparison.Ordinal);
        return uri[..(end + 3)] + host + (query < 0 ? rest : rest[..(query + 1)] + RedactQuery(rest[(query + 1)..]));
    }

    private static string Authority(string uri, int schemeEnd)
    {
        ReadOnlySpan<char> rest = uri.AsSpan(schemeEnd + 3);
        int length = rest.IndexOfAny('/', '?', '#');
        return (length < 0 ? rest : rest[..length]).ToString();
    }

    private static string RedactQuery(string query) => string.Join('&', query.Split('&').Select(part =>
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && IsSecret(part[..equals]) ? part[..(equals + 1)] + "***" : part;
    }));

    private static bool IsSecret(string name) =>
        name.Contains("pass", StringComparison.OrdinalIgnoreCase)
        || name.Contains("secret", StringComparison.OrdinalIgnoreCase)
        || name.Contains("token", StringComparison.OrdinalIgnoreCase);
}
