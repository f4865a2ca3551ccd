using System.Net;
using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>The proxy that leads to a server, and who named it.</summary>
/// <param name="Address">Its address, with what credentials it was given.</param>
/// <param name="Source">The parameter or the variable that names it.</param>
internal sealed record ProxyInUse(Uri Address, string Source)
{
    private const string Elsewhere = "the system's proxy settings";

    /// <summary>Its address as it is shown: without credentials.</summary>
    public string Shown => SafeText.Url(Address);

    /// <summary>How to fix it where it is in the way.</summary>
    public string Remedy => Source == "-Proxy"
        ? "Start the proxy, or correct -Proxy."
        : $"Start the proxy, correct {Source} (a new session reads it anew), or name the server in no_proxy if it is reached without one.";

    /// <summary>The proxy that a connection's requests go through; null where they go straight.</summary>
    /// <param name="options">The connection.</param>
    /// <param name="system">What the system says; null for what it really says.</param>
    /// <param name="variable">Reads a variable of the environment; null for the real ones.</param>
    public static ProxyInUse? For(ConnectionOptions options, IWebProxy? system = null, Func<string, string?>? variable = null)
    {
        if (options.Proxy is { } given)
        {
            return new ProxyInUse(given, "-Proxy");
        }

        // http_proxy is not meant for this machine, and a token must not leave it by that way.
        if (options.Url is not { IsAbsoluteUri: true, IsFile: false, IsLoopback: false } server)
        {
            return null;
        }

        system ??= HttpClient.DefaultProxy;
        return !system.IsBypassed(server) && system.GetProxy(server) is { } address && address != server
            ? new ProxyInUse(address, SourceOf(address, server, variable ?? Environment.GetEnvironmentVariable))
            : null;
    }

    /// <summary>The same for a handler, with the credentials where one looks for them: in the address they are overlooked, and shown.</summary>
    public static WebProxy Open(Uri address)
    {
        WebProxy proxy = new(new UriBuilder(address) { UserName = "", Password = "" }.Uri);
        if (address.UserInfo.Length > 0)
        {
            string[] parts = address.UserInfo.Split(':', 2);
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        }

        return proxy;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Shown} (from {Source})";

    // The variables in the order in which .NET reads them. One that was set since then names another proxy.
    private static string SourceOf(Uri address, Uri server, Func<string, string?> variable)
    {
        string[] names = server.Scheme == Uri.UriSchemeHttps
            ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            : ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
        return Array.Find(names, name => variable(name)?.Contains(address.Host, StringComparison.OrdinalIgnoreCase) == true) ?? Elsewhere;
    }
}
