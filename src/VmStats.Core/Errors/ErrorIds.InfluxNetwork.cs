namespace VmStats.Errors;

/// <content>InfluxDB: reaching the server</content>
internal static partial class ErrorIds
{
    /// <summary>Check the host's name in the URL.</summary>
    public const string InfluxHostNotFound = nameof(InfluxHostNotFound);

    /// <summary>Check that the server runs, and the URL.</summary>
    public const string InfluxUnreachable = nameof(InfluxUnreachable);

    /// <summary>Start the proxy, or correct the parameter or variable that specifies it; no_proxy lists servers that need none.</summary>
    public const string InfluxProxyUnreachable = nameof(InfluxProxyUnreachable);

    /// <summary>Specify the proxy with user and password.</summary>
    public const string InfluxProxyWantsCredentials = nameof(InfluxProxyWantsCredentials);

    /// <summary>Check the server's host and port, and the proxy's access rules.</summary>
    public const string InfluxProxyRefused = nameof(InfluxProxyRefused);

    /// <summary>Check that an InfluxDB server answers at this address; its log may have details.</summary>
    public const string InfluxConnectionBroken = nameof(InfluxConnectionBroken);

    /// <summary>Ask for a shorter range, or allow more time: -TimeoutSec, INFLUX_TIMEOUT_S.</summary>
    public const string InfluxTimeout = nameof(InfluxTimeout);

    /// <summary>Check that the server speaks https on this port.</summary>
    public const string InfluxTlsFailed = nameof(InfluxTlsFailed);

    /// <summary>Specify the authority's certificate with -CertificateAuthority or INFLUX_CA_FILE.</summary>
    public const string InfluxCertificateUntrusted = nameof(InfluxCertificateUntrusted);

    /// <summary>Use one of the certificate's names as the host of the URL.</summary>
    public const string InfluxCertificateNameMismatch = nameof(InfluxCertificateNameMismatch);

    /// <summary>Install a new certificate on the server, or correct the clock.</summary>
    public const string InfluxCertificateOutOfDate = nameof(InfluxCertificateOutOfDate);

    /// <summary>Specify the certificate that was issued for you: -ClientCertificate, or INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY.</summary>
    public const string InfluxClientCertificateWanted = nameof(InfluxClientCertificateWanted);

    /// <summary>Use a client certificate that is valid and signed by an authority that the server trusts.</summary>
    public const string InfluxClientCertificateRefused = nameof(InfluxClientCertificateRefused);

    /// <summary>Use the new address as the URL if you trust it; the token is never sent along.</summary>
    public const string InfluxRedirected = nameof(InfluxRedirected);

    /// <summary>The rows received so far are not the whole result; the server's log has the reason.</summary>
    public const string InfluxAnswerCutOff = nameof(InfluxAnswerCutOff);

    /// <summary>The statement failed while running (it divides by zero, casts a string that isn't a number, or needs too much memory): the reason is only in the server's log. If it isn't, try again.</summary>
    public const string InfluxStatementFailed = nameof(InfluxStatementFailed);

    /// <summary>Check the URL: another service may be listening there.</summary>
    public const string InfluxAnswerNotUnderstood = nameof(InfluxAnswerNotUnderstood);

    /// <summary>Nothing counts as written. Check the URL, and any proxy in front of the server: it may answer in the server's place.</summary>
    public const string InfluxWriteNotAcknowledged = nameof(InfluxWriteNotAcknowledged);

    /// <summary>Wait and try again; the server limits the rate of requests.</summary>
    public const string InfluxTooManyRequests = nameof(InfluxTooManyRequests);

    /// <summary>The proxy in front of the server can't reach it; check that the server runs.</summary>
    public const string InfluxBadGateway = nameof(InfluxBadGateway);

    /// <summary>The server is starting, stopping or overloaded; try again.</summary>
    public const string InfluxUnavailable = nameof(InfluxUnavailable);

    /// <summary>The proxy in front of the server got no answer in time; try again, or ask for a shorter range.</summary>
    public const string InfluxGatewayTimeout = nameof(InfluxGatewayTimeout);
}
