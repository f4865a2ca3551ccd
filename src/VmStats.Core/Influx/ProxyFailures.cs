using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace VmStats.Influx;

/// <summary>Failures of the proxy before a server: the server may be well.</summary>
internal static partial class ProxyFailures
{
    /// <summary>The failure of a proxy that a request ended with, or null where it isn't the proxy's.</summary>
    /// <param name="proxy">The proxy.</param>
    /// <param name="server">The server's address as it is shown.</param>
    /// <param name="cause">What the request ended with.</param>
    public static InfluxException? Find(ProxyInUse proxy, string server, Exception cause)
    {
        HttpRequestException? http = cause as HttpRequestException;
        return http?.HttpRequestError switch
        {
            // The text of the cause names the proxy with its credentials; it goes no further.
            HttpRequestError.ProxyTunnelError => Refused(proxy, server, (int?)http.StatusCode ?? StatusOf(http.Message)),
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError =>
                Unreachable(proxy, server, (http.InnerException ?? http).Message.TrimEnd('.'), cause),
            _ => cause is OperationCanceledException && cause.InnerException is TimeoutException
                ? Unreachable(proxy, server, "it took too long", cause)
                : null,
        };
    }

    /// <summary>The failure for a status that a proxy gave in the server's place.</summary>
    public static InfluxException Refused(ProxyInUse proxy, string server, int status) => status == (int)HttpStatusCode.ProxyAuthenticationRequired
        ? new InfluxException("InfluxProxyWantsCredentials", VmStatsErrorKind.Authentication,
            $"The proxy {proxy} that leads to {server} wants a user and a password, or others than it was given.",
            $"Name the proxy with them in {proxy.Source}: http://user:password@proxy:port; special characters as %40 and so on.", server)
        {
            StatusCode = HttpStatusCode.ProxyAuthenticationRequired,
        }
        : new InfluxException("InfluxProxyRefused", VmStatsErrorKind.Unavailable,
            $"The proxy {proxy} makes no connection to {server}: it answered {status.ToString(CultureInfo.InvariantCulture)}.",
            "Check the server's host and port in the URL, and what the proxy lets through; its log says more.", server)
        {
            Transient = status >= 500,
        };

    private static InfluxException Unreachable(ProxyInUse proxy, string server, string why, Exception cause) =>
        new("InfluxProxyUnreachable", VmStatsErrorKind.Unavailable,
            $"The proxy {proxy} that leads to {server} can't be reached: {why}.", proxy.Remedy, server, cause)
        {
            Transient = true,
        };

    private static int StatusOf(string message) =>
        LastNumber().Match(message) is { Success: true } found ? int.Parse(found.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\b[1-5][0-9]{2}\b(?!.*\b[1-5][0-9]{2}\b)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex LastNumber();
}
