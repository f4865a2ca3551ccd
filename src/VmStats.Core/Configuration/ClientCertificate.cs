using System.Security.Cryptography.X509Certificates;

namespace VmStats.Configuration;

/// <summary>
/// The certificate that a client shows to a server which asks for one: an object with its private key, or the file that has
/// both. A file is read when the first connection is made.
/// </summary>
public sealed record ClientCertificate
{
    /// <summary>A certificate that is there already.</summary>
    /// <param name="certificate">The certificate with its private key; it must not be disposed of while a connection uses it.</param>
    public ClientCertificate(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        Certificate = certificate;
    }

    /// <summary>The certificate of a file.</summary>
    /// <param name="path">A PFX (PKCS#12) file, or a PEM file with certificate and key.</param>
    public ClientCertificate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
    }

    internal X509Certificate2? Certificate { get; }

    /// <summary>The file; null for a certificate that is there already.</summary>
    internal string? Path { get; init; }

    /// <summary>The PEM file of the private key, where the other one doesn't have it.</summary>
    internal string? KeyPath { get; init; }

    /// <summary>What the file, or the key in it, is encrypted with; null where it isn't.</summary>
    internal Secret? Password { get; init; }

    /// <summary>The parameter or the variable that it came from.</summary>
    internal string Source { get; init; } = "-ClientCertificate";

    /// <summary>The files, or whose certificate it is; never the key.</summary>
    public override string ToString() => Path is null ? Certificate!.Subject : KeyPath is null ? Path : $"{Path}, {KeyPath}";
}
