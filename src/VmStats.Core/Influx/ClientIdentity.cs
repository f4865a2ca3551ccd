using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>
/// What a connection shows to a server that asks for a client certificate, and what such a server makes of it. Servers say it
/// in several ways: by an alert of TLS, or by breaking the connection without a word.
/// </summary>
internal sealed class ClientIdentity(ConnectionOptions options)
{
    // OpenSSL's words for the alerts; SChannel's and SecureTransport's texts have other ones for the same.
    private static readonly string[] s_alerts =
        ["certificate required", "bad certificate", "certificate unknown", "unknown ca", "certificate expired", "certificate revoked", "unsupported certificate", "access denied"];

    private volatile bool _wasAsked;
    private volatile bool _wasAnswered;

    /// <summary>True when a server asked for a certificate and got none.</summary>
    public bool WasAskedInVain => _wasAsked && options.ClientCertificate is null;

    /// <summary>Gives handshakes the certificate, or notes that one was asked for.</summary>
    /// <exception cref="InfluxException">It can't be read, or has no key.</exception>
    public void Configure(SslClientAuthenticationOptions handshake)
    {
        SslStreamCertificateContext? own = options.ClientCertificate is { } given ? ClientCertificateFile.Load(given) : null;
        if (own?.IntermediateCertificates.Count > 0)
        {
            // Authorities between go along this way only, and on it nobody is asked: who gives such a chain was told to.
            handshake.ClientCertificateContext = own;
            _wasAsked = true;
            return;
        }

        handshake.LocalCertificateSelectionCallback = (_, _, _, remote, _) =>
        {
            // It is called before the server has said anything, too: what were given then, it would not be called again.
            _wasAsked |= remote is not null;
            return remote is null ? null! : own?.TargetCertificate!;
        };
    }

    /// <summary>An answer came: the server takes this client as it is, and what breaks later breaks for another reason.</summary>
    public void WasAnswered() => _wasAnswered = true;

    /// <summary>The failure that a request, or a handshake, ended with, where it is for the certificate's sake; else null.</summary>
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
        return !isAlert && !isSilent ? null : options.ClientCertificate is { } own ? Refused(own, server, cause) : Wanted(server, cause);
    }

    private static InfluxException Wanted(string server, Exception cause) => new(
        "InfluxClientCertificateWanted", VmStatsErrorKind.Protocol,
        $"{server} wants a client certificate, and none was given.",
        "Give the one that was issued for you: -ClientCertificate, or INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY.", server, cause);

    private static InfluxException Refused(ClientCertificate own, string server, Exception cause) => new(
        "InfluxClientCertificateRefused", VmStatsErrorKind.Protocol,
        $"{server} does not take the client certificate from {own.Source} ({own}){Validity(own)}.",
        "Give one that is valid and signed by an authority that this server trusts for clients.", server, cause);

    private static string Validity(ClientCertificate own)
    {
        X509Certificate2 certificate = ClientCertificateFile.Load(own).TargetCertificate;
        return $": it is {certificate.Subject}'s, signed by {certificate.Issuer}, valid until {certificate.NotAfter.ToUniversalTime():u}";
    }
}
