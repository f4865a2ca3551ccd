using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.PowerShell;

/// <summary>A connection to a store, as returned by Connect-VmStats. The store is contacted on first use only.</summary>
public sealed class VmStatsConnection
{
    internal VmStatsConnection(ConnectionOptions options, ITelemetryStore store, string source)
    {
        Options = options;
        Store = store;
        Source = source;
    }

    /// <summary>The kind of the store: Embedded, InfluxDB3, InfluxDB2 or InfluxDB1; null for a server that hasn't been contacted yet.</summary>
    public StoreKind? Kind => Store is InfluxStore { IsKindKnown: false } ? null : Store.Info.Kind;

    /// <summary>The server's URL without user info, or the file's path.</summary>
    public string Address => Store.Info.Address;

    /// <summary>The database, or the file's name.</summary>
    public string Database => Store.Info.Database;

    /// <summary>The server's version; null until the server has been contacted.</summary>
    public string? Version => Store.Info.Version;

    /// <summary>The server's product, such as InfluxDB 3 Core or InfluxDB Cloud Serverless; null until the server has been contacted, or if it doesn't report it.</summary>
    public string? Product => Store.Info.Product;

    /// <summary>The source of the address: Connect-VmStats, an environment variable, or the default.</summary>
    public string Source { get; }

    /// <summary>The authentication method (None, Token, Basic, Client certificate) with the source of the secret, but never the secret itself.</summary>
    public string Authentication
    {
        get
        {
            string? secret = Options.Token is Secret token ? $"Token ({token.Source})" : Options.UserName is string user ? $"Basic ({user})" : null;
            string? certificate = Options.ClientCertificate is ClientCertificate own ? $"Client certificate ({own.Source})" : null;
            return secret is null ? certificate ?? "None" : certificate is null ? secret : $"{secret}, {certificate}";
        }
    }

    /// <summary>The default hypervisor of this connection; null for LIBVIRT_URI or libvirt's default.</summary>
    public string? HypervisorUri { get; internal set; }

    /// <summary>True for the default connection of this runspace.</summary>
    public bool IsDefault { get; internal set; }

    internal bool IsClosed { get; private set; }

    internal ConnectionOptions Options { get; }

    internal ITelemetryStore Store { get; }

    internal ValueTask CloseAsync()
    {
        IsClosed = true;
        return Store.DisposeAsync();
    }

    /// <inheritdoc/>
    public override string ToString() => Version is null ? $"{Address} {Database}" : $"{Kind} {Address} {Database}";
}
