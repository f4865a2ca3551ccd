using System.Security.Cryptography.X509Certificates;

namespace VmStats.Configuration;

/// <summary>
/// A client certificate for a server that requires one: an object with its private key, or the file that contains both.
/// A file is read when the first connection is made.
/// </summary>
public sealed record ClientCertificate
{
    /// <summary>Uses a certificate that is already loaded.</summary>
    /// <param name="certificate">The certificate with its private key; it must not be disposed of while a connection uses it.</param>
    public ClientCertificate(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        Certificate = certificate;
    }

    /// <summary>Uses the certificate in a file.</summary>
    /// <param name="path">A PFX (PKCS#12) file, or a PEM file with certificate and key.</param>
    public ClientCertificate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
    }

    internal X509Certificate2? Certificate { get; }

    /// <summary>The file; null for a certificate that is already loaded.</summary>
    internal string? Path { get; init; }

    /// <summary>The PEM file of the private key, if it is not in the same file as the certificate.</summary>
    internal string? KeyPath { get; init; }

    /// <summary>The password of the file, or of the key in it; null if it isn't encrypted.</summary>
    internal Secret? Password { get; init; }

    /// <summary>The parameter or variable that it comes from.</summary>
    internal string Source { get; init; } = "-ClientCertificate";

    /// <summary>The files, or the subject of the certificate; never the key.</summary>
    public override string ToString() => Path is null ? Certificate!.Subject : KeyPath is null ? Path : $"{Path}, {KeyPath}";
}
