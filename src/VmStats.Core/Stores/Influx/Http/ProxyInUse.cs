using System.Net;
using VmStats.Configuration;
using VmStats.Text;

namespace VmStats.Stores.Influx.Http;

/// <summary>The proxy that is used for a server, and where it is configured.</summary>
/// <param name="Address">Its address, with its credentials if there are any.</param>
/// <param name="Source">The parameter or variable that specifies it.</param>
internal sealed record ProxyInUse(Uri Address, string Source)
{
    private const string Elsewhere = "the system's proxy settings";

    /// <summary>Its address for messages: without credentials.</summary>
    public string DisplayAddress => SafeText.Url(Address);

    /// <summary>How to fix a problem with it.</summary>
    public string Remedy => Source == "-Proxy"
        ? "Start the proxy, or correct -Proxy."
        : $"Start the proxy, correct {Source} (it takes effect in a new session), or name the server in no_proxy if it is reached without one.";

    /// <summary>Returns the proxy that a connection's requests use; null if they don't use one.</summary>
    /// <param name="options">The connection.</param>
    /// <param name="system">The system's proxy settings; null for the real ones.</param>
    /// <param name="variable">Reads an environment variable; null for the real ones.</param>
    public static ProxyInUse? For(ConnectionOptions options, IWebProxy? system = null, Func<string, string?>? variable = null)
    {
        if (options.Proxy is { } given)
        {
            return new ProxyInUse(given, "-Proxy");
        }

        // http_proxy is not meant for this machine, and a token must not leave the machine through a proxy.
        if (options.Url is not { IsAbsoluteUri: true, IsFile: false, IsLoopback: false } server)
        {
            return null;
        }

        system ??= HttpClient.DefaultProxy;
        return !system.IsBypassed(server) && system.GetProxy(server) is { } address && address != server
            ? new ProxyInUse(address, SourceOf(address, server, variable ?? Environment.GetEnvironmentVariable))
            : null;
    }

    /// <summary>
    /// Returns the same proxy for a handler, with the credentials set as such: in the address they would be ignored,
    /// and could be displayed.
    /// </summary>
    public static WebProxy Open(Uri address)
    {
        WebProxy proxy = new(new UriBuilder(address) { UserName = "", Password = "" }.Uri);
        (string? user, string? password) = UrlText.UserOf(address);
        if (user is not null)
        {
            proxy.Credentials = new NetworkCredential(user, password ?? "");
        }

        return proxy;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{DisplayAddress} (from {Source})";

    // The variables in the order in which .NET reads them. One that was changed afterwards names another proxy.
    private static string SourceOf(Uri address, Uri server, Func<string, string?> variable)
    {
        string[] names = server.Scheme == Uri.UriSchemeHttps
            ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            : ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
        return Array.Find(names, name => variable(name)?.Contains(address.Host, StringComparison.OrdinalIgnoreCase) == true) ?? Elsewhere;
    }
}
