using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx3;
using VmStats.Stores.InfluxQL;
using VmStats.ThirdParty;

namespace VmStats.Connections;

/// <summary>
/// A store in an InfluxDB server of any version. Uses <see cref="Influx3Store"/> or <see cref="InfluxQLStore"/>, depending on
/// the configuration, or on the version that is detected at the first call.
/// </summary>
internal sealed class InfluxStore : ITelemetryStore
{
    private readonly ReadRetry _retry;
    private readonly Influx3Store _influx3;
    private readonly InfluxQLStore _influxQL;

    /// <summary>Creates a store; no request is sent before the first call.</summary>
    /// <param name="options">The connection's options.</param>
    /// <param name="infrastructure">Retries reads after transient failures, and creates the client that writes to InfluxDB 3.</param>
    /// <param name="handler">Handles the requests instead of the network, in tests; null otherwise.</param>
    /// <param name="clock">The clock; null for the system clock.</param>
    public InfluxStore(ConnectionOptions options, IInfrastructure infrastructure, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Influx = new InfluxQuery(options, infrastructure, handler);
        _retry = new ReadRetry(infrastructure);
        _influx3 = new Influx3Store(Influx, options, _retry, clock ?? TimeProvider.System);
        _influxQL = new InfluxQLStore(Influx, options, _retry, clock ?? TimeProvider.System);
    }

    /// <summary>The client of the server, for queries in its native language.</summary>
    public InfluxQuery Influx { get; }

    /// <inheritdoc/>
    /// <remarks>Until the version is detected, the kind is reported as InfluxDB 3.</remarks>
    public StoreInfo Info => _influx3.Info;

    /// <summary>The store, if it is known to be InfluxDB 3 Core or Enterprise; otherwise null.</summary>
    internal Influx3Store? Influx3 => Known as Influx3Store;

    /// <summary>The store, if it is known to use InfluxQL; otherwise null.</summary>
    internal InfluxQLStore? InfluxQL => Known as InfluxQLStore;

    /// <summary>True once the version of InfluxDB is configured or detected.</summary>
    internal bool IsKindKnown => Known is not null;

    private InfluxServerStore? Known => Influx.Api switch
    {
        InfluxApi.Auto => null,
        InfluxApi.V3 => _influx3,
        _ => _influxQL,
    };

    /// <inheritdoc/>
    public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => _influx3.ProbeAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken)
    {
        InfluxServerStore store = Known ?? await DetectAsync(cancellationToken).ConfigureAwait(false);
        return await store.GetSchemaAsync(measurement, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken)
    {
        InfluxServerStore store = Known ?? await DetectAsync(cancellationToken).ConfigureAwait(false);
        return await store.GetSchemaToWriteAsync(measurement, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken) =>
        Known?.QueryAsync(query, cancellationToken) ?? DetectAndQueryAsync(query, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        InfluxServerStore store = Known ?? await DetectAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(points, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Influx.Dispose();
        return default;
    }

    private ValueTask<InfluxServerStore> DetectAsync(CancellationToken cancellationToken) => _retry.RunAsync(DetectOnceAsync, cancellationToken);

    private async ValueTask<InfluxServerStore> DetectOnceAsync(CancellationToken cancellationToken) =>
        await Influx.GetApiAsync(cancellationToken).ConfigureAwait(false) == InfluxApi.V3 ? _influx3 : _influxQL;

    private async IAsyncEnumerable<StoreRow> DetectAndQueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        InfluxServerStore store = await DetectAsync(cancellationToken).ConfigureAwait(false);
        await foreach (StoreRow row in store.QueryAsync(query, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }
}
