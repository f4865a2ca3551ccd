using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using VmStats.Configuration;
using VmStats.Stores;

namespace VmStats.Influx;

/// <summary>Makes the exceptions of one connection: they name its address, and where its token came from.</summary>
internal sealed class InfluxFailures(ConnectionOptions options, string address, ClientIdentity identity)
{
    private const int LongestForeignText = 200;

    /// <summary>Reads the body of a refusal and makes its exception.</summary>
    public async ValueTask<InfluxException> FromResponseAsync(HttpResponseMessage response, RequestTimer timer)
    {
        string body = await ErrorBody.ReadAsync(response, timer, this).ConfigureAwait(false);
        return FromAnswer(response, body);
    }

    /// <summary>The exception for a refusal whose body was read.</summary>
    public InfluxException FromAnswer(HttpResponseMessage response, string body)
    {
        int status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            return Redirected(response);
        }

        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired && ProxyInUse.For(options) is { } asking)
        {
            return ProxyFailures.Refused(asking, address, status);
        }

        string text = ErrorBody.TextOf(body);
        if (text.Length == 0 && response.Headers.TryGetValues("X-Influxdb-Error", out IEnumerable<string>? values))
        {
            text = string.Join(' ', values);
        }

        return FromText(text, response.StatusCode, RetryAfter(response.Headers.RetryAfter));
    }

    /// <summary>The exception for words of the server, from a status or from inside a 200.</summary>
    public InfluxException FromText(string text, HttpStatusCode? statusCode, TimeSpan? retryAfter = null)
    {
        int status = (int)(statusCode ?? 0);
        KnownError known = ErrorTable.Find(status, text);
        string safe = SafeText.Server(text, options);
        string answered = status is 0 or 200 ? "InfluxDB answered" : $"InfluxDB answered {status}";
        string message = safe.Length == 0 ? $"{answered} without a word. Server: {address}" : $"{answered}: {safe} Server: {address}";
        if (retryAfter > BackOff.Maximum)
        {
            message += $" It asks to be left alone for {retryAfter:c}.";
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

    /// <summary>The exception for a refusal that says little, once somebody else has said why.</summary>
    public InfluxException Explained(KnownError known, string why, InfluxException refusal)
    {
        (string lead, string recommendation) = Credentials(known);
        return new InfluxException(known.Id, known.Kind, $"{lead}{SafeText.Server(why, options)} InfluxDB answered: {refusal.ServerText} Server: {address}", recommendation, address, refusal)
        {
            StatusCode = refusal.StatusCode,
            ServerText = refusal.ServerText,
        };
    }

    /// <summary>The exception for a request that got no answer.</summary>
    public InfluxException NoAnswer(Exception cause)
    {
        SocketException? socket = Find<SocketException>(cause);
        ProxyInUse? proxy = ProxyInUse.For(options);
        string through = proxy is null ? "" : $" through the proxy {proxy}";
        if (Find<CertificateRefusedException>(cause) is { } refused)
        {
            return Refused(refused, cause);
        }

        if (identity.Find(cause, address) is { } unwelcome)
        {
            return unwelcome;
        }

        if (Find<AuthenticationException>(cause) is { } tls)
        {
            return Make("InfluxTlsFailed", VmStatsErrorKind.Protocol, $"No secure connection to {address}: {(tls.InnerException ?? tls).Message}",
                "Check that the server speaks https on this port, in a version of TLS that is allowed here.", cause);
        }

        if (proxy is not null && ProxyFailures.Find(proxy, address, cause) is { } failed)
        {
            return failed;
        }

        if (cause is OperationCanceledException && Find<TimeoutException>(cause) is null)
        {
            return Make("InfluxTimeout", VmStatsErrorKind.Timeout,
                $"{address} gave no answer within {options.Timeout.TotalSeconds:0.###} s.",
                "Ask for a shorter range, or allow more time with -TimeoutSec.", cause);
        }

        if (socket?.SocketErrorCode == SocketError.HostNotFound)
        {
            return Make("InfluxHostNotFound", VmStatsErrorKind.Unavailable, $"The host of {address}{through} is not known: {socket.Message}.",
                $"Check the host's name in the URL (from {options.UrlSource}){(through.Length == 0 ? "" : ", and the proxy's")}.", cause);
        }

        // Broken while it was answering (or while it took a body): whether it worked on the request is not known.
        bool isBroken = socket is null or { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };
        if (isBroken && cause is not OperationCanceledException)
        {
            return Make("InfluxConnectionBroken", VmStatsErrorKind.Unavailable, $"The connection to {address}{through} broke: {Deepest(cause)}.",
                "Check that an InfluxDB server answers at this address; its log may say more.", cause, transient: true);
        }

        return Make("InfluxUnreachable", VmStatsErrorKind.Unavailable, $"No connection to {address}{through}: {socket?.Message ?? "it took too long"}.",
            $"Check that the server{(through.Length == 0 ? " runs" : " and the proxy run")}, and the URL (from {options.UrlSource}).", cause, transient: true);
    }

    /// <summary>The exception for a query that InfluxDB 3 took and gave not even a first row for, nor a word: so it ends what fails while it runs.</summary>
    /// <param name="cause">What was thrown.</param>
    /// <param name="transient">There was no answer at all: the server may have been ended, too.</param>
    public InfluxException StatementFailed(Exception cause, bool transient) =>
        Make("InfluxStatementFailed", VmStatsErrorKind.InvalidOperation, $"{address} took the statement and broke off without a row: {Deepest(cause)}.",
            "InfluxDB 3 ends a statement so that fails while it runs: it divides by zero, casts a text that is no number, or needs too much memory."
            + " Look into the server's log for the reason. If it has none, the connection was cut on its way: try again.", cause, transient);

    /// <summary>The exception for a body that broke off or stood still.</summary>
    /// <param name="cause">What was thrown.</param>
    /// <param name="failsSilently">Nothing of it had come, and the server tells failures of statements by just that.</param>
    public InfluxException BrokenBody(Exception cause, bool failsSilently = false) => cause is OperationCanceledException
        ? Make("InfluxTimeout", VmStatsErrorKind.Timeout, $"{address} sent no whole row for {options.Timeout.TotalSeconds:0.###} s in mid-answer.",
            "Allow more time with -TimeoutSec, or ask for a shorter range.", cause)
        : failsSilently ? StatementFailed(cause, transient: false) : CutOff(Deepest(cause), cause);

    /// <summary>The exception for an answer that ended before it was complete.</summary>
    public InfluxException CutOff(string how, Exception? cause = null) =>
        Make("InfluxAnswerCutOff", VmStatsErrorKind.Protocol, $"The answer of {address} broke off: {how}.",
            "The rows before it are not the whole answer. The server's log says why it stopped: a value that it couldn't compute, or memory. Correct the statement, or ask for a shorter range.", cause);

    /// <summary>The exception for an answer to a write that neither acknowledges nor refuses it: a proxy's page, an error inside a 200.</summary>
    /// <remarks>It is not tried again at once: who answered in InfluxDB's place will do so again. What was to be written waits.</remarks>
    public InfluxException NotAcknowledged(HttpResponseMessage answer, string body)
    {
        string safe = SafeText.Server(ErrorBody.TextOf(body), options);
        string said = safe.Length == 0 ? "without a word." : $"and said: {safe[..Math.Min(safe.Length, LongestForeignText)]}";
        return new InfluxException("InfluxWriteNotAcknowledged", VmStatsErrorKind.Protocol,
            $"{address} answered a write with {(int)answer.StatusCode} instead of 204, {said}",
            $"Nothing counts as written. Check the URL (from {options.UrlSource}), and what is before the server: a proxy may answer in its place.", address)
        {
            StatusCode = answer.StatusCode,
            ServerText = safe.Length == 0 ? null : safe,
        };
    }

    /// <summary>The exception for an answer that is not what InfluxDB says.</summary>
    public InfluxException NotUnderstood(string what, Exception? cause = null) =>
        Make("InfluxAnswerNotUnderstood", VmStatsErrorKind.Protocol, $"The answer of {address} is not InfluxDB's: {SafeText.Server(what, options)}.",
            $"Check the URL (from {options.UrlSource}): something else may listen there.", cause);

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

    // A refused credential's first question is where it came from, and whether there was one at all.
    private (string Lead, string Recommendation) Credentials(KnownError known)
    {
        if (known.Kind is not (VmStatsErrorKind.Authentication or VmStatsErrorKind.PermissionDenied))
        {
            return ("", known.Recommendation);
        }

        Secret? used = options.Token ?? options.Password;
        return used is null
            ? ("No token or password was sent. ", "Give one: INFLUX_TOKEN, Connect-VmStats -Token or -Credential. " + known.Recommendation)
            : ($"The {(options.Token is null ? "password" : "token")} came from {used.Source}. ", known.Recommendation);
    }

    private InfluxException Refused(CertificateRefusedException refused, Exception cause)
    {
        (string id, string recommendation) = refused.Fault switch
        {
            CertificateFault.NameMismatch => ("InfluxCertificateNameMismatch", $"Use a name that the certificate has as the host of the URL (from {options.UrlSource}), or give the server a certificate for this one."),
            CertificateFault.OutOfDate => ("InfluxCertificateOutOfDate", "Give the server a new certificate, or set the clock right."),
            _ => ("InfluxCertificateUntrusted", "Give the authority's certificate with -CertificateAuthority or INFLUX_CA_FILE."),
        };
        return Make(id, VmStatsErrorKind.Protocol, $"No secure connection to {address}: {refused.Message}", recommendation, cause);
    }

    private InfluxException Redirected(HttpResponseMessage response)
    {
        Uri? location = response.Headers.Location;
        if (location is { IsAbsoluteUri: false } && response.RequestMessage?.RequestUri is { } asked)
        {
            location = new Uri(asked, location);
        }

        string to = location is null ? "an unnamed address" : SafeText.Url(location);
        return new InfluxException("InfluxRedirected", VmStatsErrorKind.InvalidArgument, $"{address} sends its clients on to {to}.",
            "Use the new address as the URL if you trust it: the token is never sent along a redirect.", address)
        {
            StatusCode = response.StatusCode,
        };
    }

    private InfluxException Make(
        string id, VmStatsErrorKind kind, string message, string recommendation, Exception? cause, bool transient = false) =>
        new(id, kind, message, recommendation, address, cause) { Transient = transient };
}
