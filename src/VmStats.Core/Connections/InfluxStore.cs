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
/// Telemetry kept in an InfluxDB server, of any version: <see cref="Influx3Store"/> or <see cref="InfluxQLStore"/>, by what
/// was configured, or what the server says of itself when it is first asked.
/// </summary>
internal sealed class InfluxStore : ITelemetryStore
{
    private readonly ReadRetry _retry;
    private readonly Influx3Store _influx3;
    private readonly InfluxQLStore _influxQL;

    /// <summary>Prepares a store; nothing is sent before the first call.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="infrastructure">Tries reads again that failed for the moment, and has the client by which InfluxDB 3 is written.</param>
    /// <param name="handler">Sends the requests in place of the network. For tests.</param>
    /// <param name="clock">Says what time it is; null for the system's.</param>
    public InfluxStore(ConnectionOptions options, IInfrastructure infrastructure, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Influx = new InfluxQuery(options, infrastructure, handler);
        _retry = new ReadRetry(infrastructure);
        _influx3 = new Influx3Store(Influx, options, _retry, clock ?? TimeProvider.System);
        _influxQL = new InfluxQLStore(Influx, options, _retry, clock ?? TimeProvider.System);
    }

    /// <summary>The conversation with the server, for queries in its own language.</summary>
    public InfluxQuery Influx { get; }

    /// <inheritdoc/>
    /// <remarks>Until the server was asked, a kind that is to be found out is given as InfluxDB 3.</remarks>
    public StoreInfo Info => _influx3.Info;

    /// <summary>The store, where it is known to be InfluxDB 3 Core or Enterprise; else null.</summary>
    internal Influx3Store? Influx3 => Known as Influx3Store;

    /// <summary>The store, where it is known to be spoken to by InfluxQL; else null.</summary>
    internal InfluxQLStore? InfluxQL => Known as InfluxQLStore;

    /// <summary>False until it was configured or found out which InfluxDB it is.</summary>
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
        InfluxServerStore store = Known ?? await FindAsync(cancellationToken).ConfigureAwait(false);
        return await store.GetSchemaAsync(measurement, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken)
    {
        InfluxServerStore store = Known ?? await FindAsync(cancellationToken).ConfigureAwait(false);
        return await store.GetSchemaToWriteAsync(measurement, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken) =>
        Known?.QueryAsync(query, cancellationToken) ?? FindAndQueryAsync(query, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        InfluxServerStore store = Known ?? await FindAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(points, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Influx.Dispose();
        return default;
    }

    private ValueTask<InfluxServerStore> FindAsync(CancellationToken cancellationToken) => _retry.RunAsync(AskAsync, cancellationToken);

    private async ValueTask<InfluxServerStore> AskAsync(CancellationToken cancellationToken) =>
        await Influx.GetApiAsync(cancellationToken).ConfigureAwait(false) == InfluxApi.V3 ? _influx3 : _influxQL;

    private async IAsyncEnumerable<StoreRow> FindAndQueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        InfluxServerStore store = await FindAsync(cancellationToken).ConfigureAwait(false);
        await foreach (StoreRow row in store.QueryAsync(query, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }
}
