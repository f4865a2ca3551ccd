using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>Reads a client certificate with its private key, and the intermediate certificates up to an authority that servers know.</summary>
internal static class ClientCertificateFile
{
    private const string PemBegin = "-----BEGIN ";
    private const string Forms = "Name a PFX file, or a PEM file with certificate and private key; INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY name a pair of PEM files.";

    /// <summary>Loads the certificate for use in TLS handshakes.</summary>
    /// <exception cref="InfluxException">The certificate can't be read, or it has no key. The message names the file, never its contents.</exception>
    public static SslStreamCertificateContext Load(ClientCertificate from)
    {
        X509Certificate2Collection others = [];
        X509Certificate2 own;
        try
        {
            own = from.Certificate ?? Read(from, others);
            if (!own.HasPrivateKey)
            {
                throw WithoutKey(from);
            }

            return SslStreamCertificateContext.Create(own, others, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            string password = from.Password is null ? "If it is encrypted, give its password: -ClientCertificatePassword." : $"Check the password (from {from.Password.Source}).";
            throw new InfluxException(ErrorIds.ClientCertificateUnreadable, VmStatsErrorKind.InvalidArgument,
                $"The client certificate from {from.Source} can't be read: {from}: {e.Message}", $"{password} {Forms}", from.ToString(), e);
        }
    }

    private static X509Certificate2 Read(ClientCertificate from, X509Certificate2Collection others)
    {
        byte[] bytes = File.ReadAllBytes(from.Path!);
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        return text.Contains(PemBegin, StringComparison.Ordinal) ? ReadPem(from, text, others) : ReadPfx(from, bytes, others);
    }

    private static X509Certificate2 ReadPem(ClientCertificate from, string text, X509Certificate2Collection others)
    {
        string key = from.KeyPath is null ? text : File.ReadAllText(from.KeyPath);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw WithoutKey(from);
        }

        X509Certificate2 own = from.Password is { } password
            ? X509Certificate2.CreateFromEncryptedPem(text, key, password.Reveal())
            : X509Certificate2.CreateFromPem(text, key);
        others.ImportFromPem(text);
        others.RemoveAt(0);
        if (!OperatingSystem.IsWindows())
        {
            return own;
        }

        // TLS on Windows refuses a key that exists only in memory.
        using X509Certificate2 inMemory = own;
        return new X509Certificate2(inMemory.Export(X509ContentType.Pfx));
    }

    private static X509Certificate2 ReadPfx(ClientCertificate from, byte[] bytes, X509Certificate2Collection others)
    {
        X509Certificate2Collection all = [];
        all.Import(bytes, from.Password?.Reveal(), X509KeyStorageFlags.DefaultKeySet);
        X509Certificate2 own = all.FirstOrDefault(one => one.HasPrivateKey) ?? throw WithoutKey(from);
        others.AddRange(all.Where(one => !ReferenceEquals(one, own)).ToArray());
        return own;
    }

    private static InfluxException WithoutKey(ClientCertificate from) => new(
        ErrorIds.ClientCertificateWithoutKey, VmStatsErrorKind.InvalidArgument,
        $"The client certificate from {from.Source} has no private key with it: {from}", Forms, from.ToString());
}
