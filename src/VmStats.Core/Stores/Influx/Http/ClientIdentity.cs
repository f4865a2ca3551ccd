using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// The client certificate of a connection, and the server's reaction to it. Servers report a problem with it in several
/// ways: by a TLS alert, or by closing the connection without any message.
/// </summary>
internal sealed class ClientIdentity(ConnectionOptions options)
{
    // OpenSSL's texts for the alerts; SChannel and SecureTransport have different ones.
    private static readonly string[] s_alerts =
        ["certificate required", "bad certificate", "certificate unknown", "unknown ca", "certificate expired", "certificate revoked", "unsupported certificate", "access denied"];

    private volatile bool _wasAsked;
    private volatile bool _wasAnswered;

    /// <summary>True when a server requested a certificate and none is configured.</summary>
    public bool IsCertificateMissing => _wasAsked && options.ClientCertificate is null;

    /// <summary>Configures a handshake with the certificate, and records whether one was requested.</summary>
    /// <exception cref="InfluxException">The certificate can't be read, or has no key.</exception>
    public void Configure(SslClientAuthenticationOptions handshake)
    {
        SslStreamCertificateContext? own = options.ClientCertificate is { } given ? ClientCertificateFile.Load(given) : null;
        if (own?.IntermediateCertificates.Count > 0)
        {
            // Intermediate certificates can only be sent this way, which has no callback to record a request. One is
            // assumed: such a chain is configured for servers that require it.
            handshake.ClientCertificateContext = own;
            _wasAsked = true;
            return;
        }

        handshake.LocalCertificateSelectionCallback = (_, _, _, remote, _) =>
        {
            // The callback is also called before the server's first message; if it returned the certificate then, it would not be called again.
            _wasAsked |= remote is not null;
            return remote is null ? null! : own?.TargetCertificate!;
        };
    }

    /// <summary>Called when a response has arrived: the server accepts this client, so later connection errors have another reason.</summary>
    public void OnResponse() => _wasAnswered = true;

    /// <summary>Returns the error for a request or a handshake that failed because of the client certificate; otherwise null.</summary>
    public InfluxException? Find(Exception cause, string server)
    {
        bool isAlert = false, isRefused = false, isBroken = false;
        for (Exception? one = cause; one is not null; one = one.InnerException)
        {
            isAlert |= one.Message.Contains(" alert ", StringComparison.Ordinal) && Array.Exists(s_alerts, alert => one.Message.Contains(alert, StringComparison.OrdinalIgnoreCase));
            isRefused |= one is AuthenticationException and not CertificateRefusedException;
            isBroken |= one is IOException;
        }

        bool isSilent = _wasAsked && !_wasAnswered && (isRefused || isBroken);
        return !isAlert && !isSilent ? null : options.ClientCertificate is { } own ? Refused(own, server, cause) : Required(server, cause);
    }

    private static InfluxException Required(string server, Exception cause) => new(
        ErrorIds.InfluxClientCertificateWanted, VmStatsErrorKind.Protocol,
        $"{server} requires a client certificate, and none was given.",
        "Specify the one that was issued for you: -ClientCertificate, or INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY.", server, cause);

    private static InfluxException Refused(ClientCertificate own, string server, Exception cause) => new(
        ErrorIds.InfluxClientCertificateRefused, VmStatsErrorKind.Protocol,
        $"{server} does not accept the client certificate from {own.Source} ({own}){Validity(own)}.",
        "Use one that is valid and signed by an authority that this server trusts for clients.", server, cause);

    private static string Validity(ClientCertificate own)
    {
        X509Certificate2 certificate = ClientCertificateFile.Load(own).TargetCertificate;
        return $": it is {certificate.Subject}'s, signed by {certificate.Issuer}, valid until {certificate.NotAfter.ToUniversalTime():u}";
    }
}
