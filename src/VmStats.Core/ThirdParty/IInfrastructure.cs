using VmStats.Configuration;
using VmStats.Stores;

namespace VmStats.ThirdParty;

/// <summary>
/// Everything that depends on a third-party package. Core and the cmdlets use only this interface; the implementation
/// is loaded on first use, in its own load context.
/// </summary>
internal interface IInfrastructure
{
    /// <summary>Reads the environment variables, in the order of precedence INFLUX_*, INFLUXDB3_*, INFLUX_HOST.</summary>
    /// <exception cref="VmStatsException">A variable has an invalid value: <c>InvalidEnvironmentVariable</c>; or there
    /// is a token or database without a URL: <c>UrlMissing</c>.</exception>
    VmStatsSettings ReadEnvironment();

    /// <summary>Opens an embedded store, creating it if needed.</summary>
    /// <param name="path">The full path of the file.</param>
    /// <param name="retention">How long points are kept; null for ever.</param>
    /// <param name="lockTimeout">Maximum time to wait for another process that has locked the file; null for the default.</param>
    ITelemetryStore OpenEmbeddedStore(string path, TimeSpan? retention, TimeSpan? lockTimeout = null);

    /// <summary>Creates a line protocol sender for a server with InfluxDB 3's engine.</summary>
    /// <param name="http">The client that sends the requests, already set up with credentials, compression and the
    /// connection's rules. The sender takes ownership of it and disposes of it.</param>
    /// <param name="server">The server's address, including any path.</param>
    /// <param name="database">The database.</param>
    /// <param name="byV2Api">True for a server that doesn't have the API of InfluxDB 3 Core.</param>
    ILineSender CreateLineSender(HttpClient http, Uri server, string database, bool byV2Api);

    /// <summary>Retries a call, with exponential back-off and jitter, while it fails with a transient <see cref="VmStatsException"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="attempts">Maximum number of calls, including the first.</param>
    /// <param name="cancellationToken">Ends the wait immediately.</param>
    ValueTask<T> RetryAsync<T>(Func<CancellationToken, ValueTask<T>> call, int attempts, CancellationToken cancellationToken);

    /// <summary>Creates a stream that compresses the data written to it with Zstandard.</summary>
    /// <param name="destination">Receives the compressed bytes; left open.</param>
    /// <param name="level">1 (fast) to 19.</param>
    Stream CreateZstdCompressor(Stream destination, int level);

    /// <summary>Creates a stream that decompresses Zstandard frames.</summary>
    /// <param name="source">The compressed bytes; left open.</param>
    Stream CreateZstdDecompressor(Stream source);

    /// <summary>
    /// Closes resources that are kept open between calls (pooled connections to embedded stores); opening others later
    /// still works. Called when the module is removed.
    /// </summary>
    void Release()
    {
    }
}
