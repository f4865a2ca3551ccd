using VmStats.Influx;
using VmStats.Stores;

namespace VmStats.Configuration;

/// <summary>
/// All that stands on a third-party package. Core and the cmdlets know only this; the implementation is loaded on first
/// use, in a load context of its own.
/// </summary>
public interface IInfrastructure
{
    /// <summary>Reads the environment's variables, in the order of precedence INFLUX_*, INFLUXDB3_*, INFLUX_HOST.</summary>
    /// <exception cref="VmStatsException">A variable has a value that can't be used: <c>InvalidEnvironmentVariable</c>, or a token or database without a URL: <c>UrlMissing</c>.</exception>
    VmStatsSettings ReadEnvironment();

    /// <summary>Opens (and makes where needed) an embedded store.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="retention">How long points are kept; null for ever.</param>
    /// <param name="lockTimeout">The longest wait for another program that holds the file; null for the usual one.</param>
    ITelemetryStore OpenEmbeddedStore(string path, TimeSpan? retention, TimeSpan? lockTimeout = null);

    /// <summary>Makes a sender of line protocol to a server of InfluxDB 3's engine.</summary>
    /// <param name="http">Sends its requests, and has all that they need: credentials, compression, the rules of the connection. Its own from now on, and disposed of with it.</param>
    /// <param name="server">The server's address; a path in it is kept.</param>
    /// <param name="database">The database.</param>
    /// <param name="byV2Api">True for a server that has no API of InfluxDB 3 Core's.</param>
    ILineSender CreateLineSender(HttpClient http, Uri server, string database, bool byV2Api);

    /// <summary>Runs a call again, with exponential back-off and jitter, while it fails with a transient <see cref="VmStatsException"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="attempts">Calls at most, the first included.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    ValueTask<T> RetryAsync<T>(Func<CancellationToken, ValueTask<T>> call, int attempts, CancellationToken cancellationToken);

    /// <summary>A stream that compresses with Zstandard what is written to it.</summary>
    /// <param name="destination">Where the compressed bytes go; left open.</param>
    /// <param name="level">1 (fast) to 19.</param>
    Stream CreateZstdCompressor(Stream destination, int level);

    /// <summary>A stream from which the expanded bytes of Zstandard frames are read.</summary>
    /// <param name="source">The compressed bytes; left open.</param>
    Stream CreateZstdDecompressor(Stream source);

    /// <summary>Closes what is kept open between calls (pooled connections to embedded stores); what is opened later works as before. Called when the module is removed.</summary>
    void Release()
    {
    }
}
