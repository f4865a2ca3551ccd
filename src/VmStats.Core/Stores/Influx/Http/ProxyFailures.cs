using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>Errors of the proxy in front of a server; the server itself may be fine.</summary>
internal static partial class ProxyFailures
{
    /// <summary>Returns the exception for a request that failed because of the proxy; otherwise null.</summary>
    /// <param name="proxy">The proxy.</param>
    /// <param name="server">The server's address, as it is shown.</param>
    /// <param name="cause">The exception that the request failed with.</param>
    public static InfluxException? Find(ProxyInUse proxy, string server, Exception cause)
    {
        HttpRequestException? http = cause as HttpRequestException;
        return http?.HttpRequestError switch
        {
            // The message of the cause contains the proxy's address with credentials, so it must not be passed on.
            HttpRequestError.ProxyTunnelError => Refused(proxy, server, (int?)http.StatusCode ?? StatusOf(http.Message)),
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError =>
                Unreachable(proxy, server, (http.InnerException ?? http).Message.TrimEnd('.'), cause),
            _ => cause is OperationCanceledException && cause.InnerException is TimeoutException
                ? Unreachable(proxy, server, "it took too long", cause)
                : null,
        };
    }

    /// <summary>Returns the exception for an error status that was sent by the proxy, not the server.</summary>
    public static InfluxException Refused(ProxyInUse proxy, string server, int status) => status == (int)HttpStatusCode.ProxyAuthenticationRequired
        ? new InfluxException(ErrorIds.InfluxProxyWantsCredentials, VmStatsErrorKind.Authentication,
            $"The proxy {proxy} for {server} requires a user name and password, or refuses those that it was given.",
            $"Include them in the proxy's URL in {proxy.Source}: http://user:password@proxy:port; special characters as %40 and so on.", server)
        {
            StatusCode = HttpStatusCode.ProxyAuthenticationRequired,
        }
        : new InfluxException(ErrorIds.InfluxProxyRefused, VmStatsErrorKind.Unavailable,
            $"The proxy {proxy} refuses to connect to {server}: it answered {status.ToString(CultureInfo.InvariantCulture)}.",
            "Check the server's host and port in the URL, and the proxy's access rules; its log has details.", server)
        {
            Transient = status >= 500,
        };

    private static InfluxException Unreachable(ProxyInUse proxy, string server, string why, Exception cause) =>
        new(ErrorIds.InfluxProxyUnreachable, VmStatsErrorKind.Unavailable,
            $"The proxy {proxy} for {server} can't be reached: {why}.", proxy.Remedy, server, cause)
        {
            Transient = true,
        };

    private static int StatusOf(string message) =>
        LastNumber().Match(message) is { Success: true } found ? int.Parse(found.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\b[1-5][0-9]{2}\b(?!.*\b[1-5][0-9]{2}\b)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex LastNumber();
}
