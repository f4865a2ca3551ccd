using Microsoft.Data.Sqlite;
using VmStats.Configuration;
using VmStats.Infrastructure.Embedded;
using VmStats.Infrastructure.EnvironmentVariables;
using VmStats.Infrastructure.InfluxDB3;
using VmStats.Infrastructure.Retry;
using VmStats.Infrastructure.Zstd;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.Infrastructure;

/// <summary>Implements the services that Core needs from third-party packages. Created by Core's loader.</summary>
internal sealed class Infrastructure : IInfrastructure
{
    private readonly RetryPipelines _retries = new(TimeProvider.System);

    /// <inheritdoc/>
    public VmStatsSettings ReadEnvironment() => EnvironmentReader.FromProcess().Read();

    /// <inheritdoc/>
    public ITelemetryStore OpenEmbeddedStore(string path, TimeSpan? retention, TimeSpan? lockTimeout = null) =>
        EmbeddedStore.Open(path, retention, lockTimeout: lockTimeout);

    /// <inheritdoc/>
    public ILineSender CreateLineSender(HttpClient http, Uri server, string database, bool byV2Api) => new ClientLineSender(http, server, database, byV2Api);

    /// <inheritdoc/>
    public ValueTask<T> RetryAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, int attempts, CancellationToken cancellationToken) =>
        _retries.RunAsync(call, attempts, cancellationToken);

    /// <inheritdoc/>
    public Stream CreateZstdCompressor(Stream destination, int level) => ZstdStreams.CreateCompressor(destination, level);

    /// <inheritdoc/>
    public Stream CreateZstdDecompressor(Stream source) => new ZstdDecompressor(source);

    /// <inheritdoc/>
    public void Release() => SqliteConnection.ClearAllPools();
}
