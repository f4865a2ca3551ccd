using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>Validates a server's certificate against the system's authorities and those of a file, and reports what is wrong with it.</summary>
internal static class CertificateCheck
{
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>
    /// Returns the validation callback for a connection. It throws <see cref="CertificateRefusedException"/>, so that
    /// the reason isn't lost.
    /// </summary>
    /// <exception cref="InfluxException">The file of authorities can't be read.</exception>
    public static RemoteCertificateValidationCallback For(ConnectionOptions options)
    {
        if (options.SkipCertificateCheck)
        {
#pragma warning disable CA5359 // Explicitly requested by the user.
            return static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        X509Certificate2Collection? authorities = options.CertificateAuthority is { } path ? Load(path) : null;
        return (_, certificate, chain, errors) => Validate(authorities, certificate, chain, errors);
    }

    private static bool Validate(X509Certificate2Collection? authorities, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (certificate is null)
        {
            throw new CertificateRefusedException(CertificateFault.Untrusted, "The server sent no certificate.");
        }

        using X509Certificate2 leaf = new(certificate);
        X509ChainStatus[] statuses = sent?.ChainStatus ?? [];
        bool isTrusted = !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            || (authorities is not null && IsSignedBy(authorities, leaf, sent, out statuses));
        if (isTrusted && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new CertificateRefusedException(CertificateFault.NameMismatch, $"The certificate is for {Names(leaf)}.");
        }

        if (isTrusted)
        {
            return true;
        }

        // A chain may have several errors; an expired or not yet valid certificate is the clearest one.
        bool isOutOfDate = Array.Exists(statuses, status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid));
        throw isOutOfDate
            ? new CertificateRefusedException(CertificateFault.OutOfDate, $"The certificate is valid from {leaf.NotBefore.ToUniversalTime():u} to {leaf.NotAfter.ToUniversalTime():u}.")
            : new CertificateRefusedException(CertificateFault.Untrusted, $"The certificate of {leaf.Subject} is signed by {leaf.Issuer}, which is not trusted here.");
    }

    private static bool IsSignedBy(X509Certificate2Collection authorities, X509Certificate2 leaf, X509Chain? sent, out X509ChainStatus[] statuses)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        bool isSigned = chain.Build(leaf);
        statuses = chain.ChainStatus;
        return isSigned;
    }

    private static string Names(X509Certificate2 certificate)
    {
        X509Extension? extension = certificate.Extensions.FirstOrDefault(one => one.Oid?.Value == SubjectAlternativeName);
        if (extension is null)
        {
            return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        }

        X509SubjectAlternativeNameExtension names = new(extension.RawData);
        return string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));
    }

    private static X509Certificate2Collection Load(string path)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            string text = System.Text.Encoding.UTF8.GetString(bytes);
            if (text.Contains("-----BEGIN ", StringComparison.Ordinal))
            {
                authorities.ImportFromPem(text);
            }
            else if (IsBinary(bytes))
            {
                authorities.Import(bytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InfluxException(ErrorIds.CertificateAuthorityUnreadable, VmStatsErrorKind.InvalidArgument,
                $"The file with certificate authorities can't be read: {path}: {e.Message}", "Name a readable PEM or DER file.", path, e);
        }

        if (authorities.Count == 0)
        {
            throw new InfluxException(ErrorIds.CertificateAuthorityEmpty, VmStatsErrorKind.InvalidArgument,
                $"The file contains no certificate: {path}", "Name a PEM file with at least one CERTIFICATE block, or a DER file (.cer, .crt, .p7b).", path);
        }

        return authorities;
    }

    // DER: one certificate, or several in a PKCS#7 file.
    private static bool IsBinary(byte[] bytes)
    {
        try
        {
            return X509Certificate2.GetCertContentType(bytes) is X509ContentType.Cert or X509ContentType.Pkcs7;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>What is wrong with a certificate.</summary>
internal enum CertificateFault
{
    /// <summary>It is not signed by a trusted authority.</summary>
    Untrusted,

    /// <summary>It is for another host.</summary>
    NameMismatch,

    /// <summary>It is not valid yet, or has expired.</summary>
    OutOfDate,
}

/// <summary>A server's certificate was refused.</summary>
internal sealed class CertificateRefusedException(CertificateFault fault, string message) : AuthenticationException(message)
{
    public CertificateFault Fault { get; } = fault;
}
