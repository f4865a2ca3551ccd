using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.PowerShell;

/// <summary>An open connection to a store, as Connect-VmStats gives it. Opening costs nothing; the store is asked on first use.</summary>
public sealed class VmStatsConnection
{
    internal VmStatsConnection(ConnectionOptions options, ITelemetryStore store, string source)
    {
        Options = options;
        Store = store;
        Source = source;
    }

    /// <summary>What the store is: Embedded, InfluxDB3, InfluxDB2 or InfluxDB1; null for a server that was not asked yet.</summary>
    public StoreKind? Kind => Store is InfluxStore { IsKindKnown: false } ? null : Store.Info.Kind;

    /// <summary>The server's URL without user info, or the file's path.</summary>
    public string Address => Store.Info.Address;

    /// <summary>The database, or the file's name.</summary>
    public string Database => Store.Info.Database;

    /// <summary>The server's version, once it was asked.</summary>
    public string? Version => Store.Info.Version;

    /// <summary>The server's product, such as InfluxDB 3 Core or InfluxDB Cloud Serverless, once it was asked; null where it doesn't tell.</summary>
    public string? Product => Store.Info.Product;

    /// <summary>Where the address came from: Connect-VmStats, a variable of the environment, or default.</summary>
    public string Source { get; }

    /// <summary>How it authenticates: None, Token, Basic, Client certificate, with the place that the secret came from; never the secret.</summary>
    public string Authentication
    {
        get
        {
            string? secret = Options.Token is Secret token ? $"Token ({token.Source})" : Options.UserName is string user ? $"Basic ({user})" : null;
            string? certificate = Options.ClientCertificate is ClientCertificate own ? $"Client certificate ({own.Source})" : null;
            return secret is null ? certificate ?? "None" : certificate is null ? secret : $"{secret}, {certificate}";
        }
    }

    /// <summary>The hypervisor that goes with this connection, or null for LIBVIRT_URI or libvirt's default.</summary>
    public string? HypervisorUri { get; internal set; }

    /// <summary>True for the connection that cmdlets of this runspace use when none is given.</summary>
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
