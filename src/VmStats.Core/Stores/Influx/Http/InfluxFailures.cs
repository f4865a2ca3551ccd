using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;
using VmStats.Text;

namespace VmStats.Stores.Influx.Http;

/// <summary>Creates the exceptions of one connection: they include its address, and the source of its token.</summary>
internal sealed class InfluxFailures(ConnectionOptions options, string address, ClientIdentity identity)
{
    private const int MaximumForeignTextLength = 200;

    /// <summary>Reads the body of an error response and creates its exception.</summary>
    public async ValueTask<InfluxException> FromResponseAsync(HttpResponseMessage response, RequestTimer timer)
    {
        string body = await ErrorBody.ReadAsync(response, timer, this).ConfigureAwait(false);
        return FromAnswer(response, body);
    }

    /// <summary>Creates the exception for an error response whose body was read.</summary>
    public InfluxException FromAnswer(HttpResponseMessage response, string body)
    {
        int status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            return Redirected(response);
        }

        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired && ProxyInUse.For(options) is { } proxy)
        {
            return ProxyFailures.Refused(proxy, address, status);
        }

        string text = ErrorBody.TextOf(body);
        if (text.Length == 0 && response.Headers.TryGetValues("X-Influxdb-Error", out IEnumerable<string>? values))
        {
            text = string.Join(' ', values);
        }

        return FromText(text, response.StatusCode, RetryAfter(response.Headers.RetryAfter));
    }

    /// <summary>Creates the exception for an error text of the server, from an error status or inside a response with status 200.</summary>
    public InfluxException FromText(string text, HttpStatusCode? statusCode, TimeSpan? retryAfter = null)
    {
        int status = (int)(statusCode ?? 0);
        KnownError known = ErrorTable.Find(status, text);
        string safe = ServerText.Show(text, options);
        string answered = status is 0 or 200 ? "InfluxDB answered" : $"InfluxDB answered {status}";
        string message = safe.Length == 0 ? $"{answered} without an error text. Server: {address}" : $"{answered}: {safe} Server: {address}";
        if (retryAfter > BackOff.Maximum)
        {
            message += $" It asks clients to wait {retryAfter:c} before the next request.";
        }

        (string lead, string recommendation) = Credentials(known);
        return new InfluxException(known.Id, known.Kind, lead + message, recommendation, address)
        {
            StatusCode = statusCode,
            ServerText = safe.Length == 0 ? null : safe,
            Pause = retryAfter,
            Transient = known.IsTransient,
        };
    }

    /// <summary>Creates the exception for an ambiguous refusal, once its reason has been found.</summary>
    public InfluxException Explained(KnownError known, string why, InfluxException refusal)
    {
        (string lead, string recommendation) = Credentials(known);
        return new InfluxException(known.Id, known.Kind, $"{lead}{ServerText.Show(why, options)} InfluxDB answered: {refusal.ServerText} Server: {address}", recommendation, address, refusal)
        {
            StatusCode = refusal.StatusCode,
            ServerText = refusal.ServerText,
        };
    }

    /// <summary>Creates the exception for a request that got no response.</summary>
    public InfluxException NoAnswer(Exception cause)
    {
        SocketException? socket = Find<SocketException>(cause);
        ProxyInUse? proxy = ProxyInUse.For(options);
        string through = proxy is null ? "" : $" through the proxy {proxy}";
        if (Find<CertificateRefusedException>(cause) is { } refused)
        {
            return Refused(refused, cause);
        }

        if (identity.Find(cause, address) is { } certificateFailure)
        {
            return certificateFailure;
        }

        if (Find<AuthenticationException>(cause) is { } tls)
        {
            return Make(ErrorIds.InfluxTlsFailed, VmStatsErrorKind.Protocol, $"No secure connection to {address}: {(tls.InnerException ?? tls).Message}",
                "Check that the server speaks https on this port, in a version of TLS that is allowed here.", cause);
        }

        if (proxy is not null && ProxyFailures.Find(proxy, address, cause) is { } failed)
        {
            return failed;
        }

        if (cause is OperationCanceledException && Find<TimeoutException>(cause) is null)
        {
            return Make(ErrorIds.InfluxTimeout, VmStatsErrorKind.Timeout,
                $"{address} did not answer within {options.Timeout.TotalSeconds:0.###} s.",
                "Ask for a shorter range, or allow more time with -TimeoutSec.", cause);
        }

        if (socket?.SocketErrorCode == SocketError.HostNotFound)
        {
            return Make(ErrorIds.InfluxHostNotFound, VmStatsErrorKind.Unavailable, $"The host of {address}{through} can't be resolved: {socket.Message}.",
                $"Check the host's name in the URL (from {options.UrlSource}){(through.Length == 0 ? "" : ", and the proxy's")}.", cause);
        }

        // Broken while the response was being sent (or while the server read a body): it is unknown whether the server processed the request.
        bool isBroken = socket is null or { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };
        if (isBroken && cause is not OperationCanceledException)
        {
            return Make(ErrorIds.InfluxConnectionBroken, VmStatsErrorKind.Unavailable, $"The connection to {address}{through} broke: {Deepest(cause)}.",
                "Check that an InfluxDB server answers at this address; its log may have details.", cause, transient: true);
        }

        return Make(ErrorIds.InfluxUnreachable, VmStatsErrorKind.Unavailable, $"No connection to {address}{through}: {socket?.Message ?? "it took too long"}.",
            $"Check that the server{(through.Length == 0 ? " runs" : " and the proxy run")}, and the URL (from {options.UrlSource}).", cause, transient: true);
    }

    /// <summary>
    /// Creates the exception for a query that InfluxDB 3 accepted and answered with neither a row nor an error: that is
    /// how it ends statements that fail while running.
    /// </summary>
    /// <param name="cause">The exception that was thrown.</param>
    /// <param name="transient">True if there was no response at all: then the server may also have been stopped.</param>
    public InfluxException StatementFailed(Exception cause, bool transient) =>
        Make(ErrorIds.InfluxStatementFailed, VmStatsErrorKind.InvalidOperation, $"{address} accepted the statement and ended the response without a row: {Deepest(cause)}.",
            "This is how InfluxDB 3 ends a statement that fails while running: it divides by zero, casts a string that isn't a number, or needs too much memory."
            + " Check the server's log for the reason. If it has none, the connection was cut on its way: try again.", cause, transient);

    /// <summary>Creates the exception for a body that was cut off or stalled.</summary>
    /// <param name="cause">The exception that was thrown.</param>
    /// <param name="failsSilently">True if nothing of the body had arrived, and the server reports failures of statements in just that way.</param>
    public InfluxException BrokenBody(Exception cause, bool failsSilently = false) => cause is OperationCanceledException
        ? Make(ErrorIds.InfluxTimeout, VmStatsErrorKind.Timeout, $"{address} sent no complete row for {options.Timeout.TotalSeconds:0.###} s in the middle of a response.",
            "Allow more time with -TimeoutSec, or ask for a shorter range.", cause)
        : failsSilently ? StatementFailed(cause, transient: false) : CutOff(Deepest(cause), cause);

    /// <summary>Creates the exception for a response that ended before it was complete.</summary>
    public InfluxException CutOff(string how, Exception? cause = null) =>
        Make(ErrorIds.InfluxAnswerCutOff, VmStatsErrorKind.Protocol, $"The response of {address} was cut off: {how}.",
            "The rows received so far are not the whole result. The server's log has the reason: a value that it couldn't compute, or lack of memory. Correct the statement, or ask for a shorter range.", cause);

    /// <summary>
    /// Creates the exception for a response to a write that neither acknowledges nor refuses it: a proxy's page, or an
    /// error with status 200.
    /// </summary>
    /// <remarks>It is not retried immediately: a proxy that answered in InfluxDB's place will do so again. The data waits to be written.</remarks>
    public InfluxException NotAcknowledged(HttpResponseMessage answer, string body)
    {
        string safe = ServerText.Show(ErrorBody.TextOf(body), options);
        string content = safe.Length == 0 ? "without an error text." : $"with the text: {safe[..Math.Min(safe.Length, MaximumForeignTextLength)]}";
        return new InfluxException(ErrorIds.InfluxWriteNotAcknowledged, VmStatsErrorKind.Protocol,
            $"{address} answered a write with {(int)answer.StatusCode} instead of 204, {content}",
            $"Nothing counts as written. Check the URL (from {options.UrlSource}), and any proxy in front of the server: it may answer in the server's place.", address)
        {
            StatusCode = answer.StatusCode,
            ServerText = safe.Length == 0 ? null : safe,
        };
    }

    /// <summary>Creates the exception for a response that doesn't come from InfluxDB.</summary>
    public InfluxException NotUnderstood(string what, Exception? cause = null) =>
        Make(ErrorIds.InfluxAnswerNotUnderstood, VmStatsErrorKind.Protocol, $"The response of {address} is not from InfluxDB: {ServerText.Show(what, options)}.",
            $"Check the URL (from {options.UrlSource}): another service may be listening there.", cause);

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date - DateTimeOffset.UtcNow);
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static string Deepest(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception.Message.TrimEnd('.');
    }

    // For refused credentials, the message starts with their source, or with the fact that none were sent.
    private (string Lead, string Recommendation) Credentials(KnownError known)
    {
        if (known.Kind is not (VmStatsErrorKind.Authentication or VmStatsErrorKind.PermissionDenied))
        {
            return ("", known.Recommendation);
        }

        Secret? used = options.Token ?? options.Password;
        return used is null
            ? ("No token or password was sent. ", "Specify one: INFLUX_TOKEN, Connect-VmStats -Token or -Credential. " + known.Recommendation)
            : ($"The {(options.Token is null ? "password" : "token")} came from {used.Source}. ", known.Recommendation);
    }

    private InfluxException Refused(CertificateRefusedException refused, Exception cause)
    {
        (string id, string recommendation) = refused.Fault switch
        {
            CertificateFault.NameMismatch => (ErrorIds.InfluxCertificateNameMismatch, $"Use one of the certificate's names as the host of the URL (from {options.UrlSource}), or install a certificate for this host name on the server."),
            CertificateFault.OutOfDate => (ErrorIds.InfluxCertificateOutOfDate, "Install a new certificate on the server, or correct the clock."),
            _ => (ErrorIds.InfluxCertificateUntrusted, "Specify the authority's certificate with -CertificateAuthority or INFLUX_CA_FILE."),
        };
        return Make(id, VmStatsErrorKind.Protocol, $"No secure connection to {address}: {refused.Message}", recommendation, cause);
    }

    private InfluxException Redirected(HttpResponseMessage response)
    {
        Uri? location = response.Headers.Location;
        if (location is { IsAbsoluteUri: false } && response.RequestMessage?.RequestUri is { } requested)
        {
            location = new Uri(requested, location);
        }

        string to = location is null ? "an unnamed address" : SafeText.Url(location);
        return new InfluxException(ErrorIds.InfluxRedirected, VmStatsErrorKind.InvalidArgument, $"{address} redirects its clients to {to}.",
            "Use the new address as the URL if you trust it: the token is never sent along a redirect.", address)
        {
            StatusCode = response.StatusCode,
        };
    }

    private InfluxException Make(
        string id, VmStatsErrorKind kind, string message, string recommendation, Exception? cause, bool transient = false) =>
        new(id, kind, message, recommendation, address, cause) { Transient = transient };
}
