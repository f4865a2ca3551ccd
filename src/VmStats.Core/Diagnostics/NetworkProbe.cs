using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;
using VmStats.Stores.Influx.Http;
using VmStats.Text;

namespace VmStats.Diagnostics;

/// <summary>Checks the links below HTTP: name, port, certificate. Sends no user data.</summary>
internal sealed class NetworkProbe(Uri url, ConnectionOptions options)
{
    private IPAddress[] _addresses = [];

    /// <summary>Checks the proxy in front of the server: resolves its name and connects to its port.</summary>
    public static async Task<Finding> ReachAsync(ProxyInUse proxy, ConnectionOptions options, CancellationToken cancellationToken)
    {
        NetworkProbe probe = new(proxy.Address, options);
        Finding found = await probe.ResolveAsync(cancellationToken).ConfigureAwait(false);
        if (found.Result == VmStatsConnectionCheckResult.Passed)
        {
            found = await probe.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }

        return found.Result == VmStatsConnectionCheckResult.Passed
            ? Finding.Passed($"{proxy} answers.")
            : Finding.Failed($"The proxy {proxy} can't be reached. {found.Detail}", proxy.Remedy);
    }

    /// <summary>Resolves the host's name.</summary>
    public async Task<Finding> ResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            _addresses = await Dns.GetHostAddressesAsync(url.IdnHost, cancellationToken).ConfigureAwait(false);
            return Finding.Passed($"{url.Host} is {string.Join(", ", _addresses.Select(address => address.ToString()))}.");
        }
        catch (SocketException e)
        {
            return Finding.Failed($"{url.Host} can't be resolved: {e.Message}.", "Check the host name for typing errors, or the DNS server that should resolve it.");
        }
    }

    /// <summary>Connects to the port.</summary>
    public async Task<Finding> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            using TcpClient client = await OpenAsync(cancellationToken).ConfigureAwait(false);
            return Finding.Passed($"Port {url.Port} answers.");
        }
        catch (SocketException e)
        {
            return Finding.Failed(
                $"{url.Host} does not answer on port {url.Port}: {e.Message}.",
                "Start InfluxDB there, or correct the port in the URL (3: 8181, 1.x and 2.x: 8086) or the firewall.");
        }
        catch (TimeoutException)
        {
            return Finding.Failed(
                $"{url.Host} did not answer on port {url.Port} within {options.Timeout.TotalSeconds:0} s.",
                "A firewall drops the packets, or the host is down.");
        }
    }

    /// <summary>Performs a TLS handshake and checks the certificate.</summary>
    public async Task<Finding> AuthenticateAsync(CancellationToken cancellationToken)
    {
        if (url.Scheme != Uri.UriSchemeHttps)
        {
            return Finding.Skipped("The URL is plain http.");
        }

        // The same rules as for the connection, even if the user disabled the certificate check.
        RemoteCertificateValidationCallback validate = CertificateCheck.For(options with { SkipCertificateCheck = false });
        ClientIdentity identity = new(options);
        string? validationError = null;
        DateTime? expires = null;
        try
        {
            using TcpClient client = await OpenAsync(cancellationToken).ConfigureAwait(false);
            SslStream tls = new(client.GetStream(), leaveInnerStreamOpen: false);
            await using (tls.ConfigureAwait(false))
            {
                SslClientAuthenticationOptions handshake = new()
                {
                    TargetHost = url.IdnHost,
                    RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                    {
                        expires = (certificate as X509Certificate2)?.NotAfter;
                        validationError = ValidationError(() => validate(sender, certificate, chain, errors));

                        // Nothing is sent over this connection; its purpose is to find a bad certificate.
                        return certificate is not null;
                    },
                };
                identity.Configure(handshake);
                await tls.AuthenticateAsClientAsync(handshake, cancellationToken).WaitAsync(options.Timeout, cancellationToken).ConfigureAwait(false);
                string what = $"{tls.SslProtocol}, certificate valid until {expires:u}";
                return validationError is null && identity.IsCertificateMissing
                    ? Finding.Warning($"{what}. The server asks for a client certificate, and none is given.", "If the server requires one, provide it: -ClientCertificate, or INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY.")
                    : validationError is null ? Finding.Passed(what + ".")
                    : options.SkipCertificateCheck ? Finding.Warning($"{what}. {validationError} That is ignored.", "Without -SkipCertificateCheck the connection would be safe.")
                    : Finding.Failed($"{what}. {validationError}", "Specify the CA's file with -CertificateAuthority or INFLUX_CA_FILE, or replace the certificate.");
            }
        }
        catch (Exception e) when (identity.Find(e, SafeText.Url(url)) is { } refused)
        {
            return Finding.Failed(refused.Message, refused.Recommendation!);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or TimeoutException)
        {
            return Finding.Failed($"No TLS on port {url.Port}: {e.Message}", "Use http: if the server has no TLS.");
        }
    }

    private static string? ValidationError(Action validate)
    {
        try
        {
            validate();
            return null;
        }
        catch (CertificateRefusedException e)
        {
            return e.Message;
        }
    }

    private async Task<TcpClient> OpenAsync(CancellationToken cancellationToken)
    {
        TcpClient client = new();
        try
        {
            await client.ConnectAsync(_addresses, url.Port, cancellationToken).AsTask().WaitAsync(options.Timeout, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
