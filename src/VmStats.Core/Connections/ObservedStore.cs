using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Connections;

/// <summary>A store whose queries report to a common observer, unless they have their own. The wrapped store isn't disposed.</summary>
internal sealed class ObservedStore(ITelemetryStore store, IQueryObserver observer) : ITelemetryStore
{
    /// <inheritdoc/>
    public StoreInfo Info => store.Info;

    /// <inheritdoc/>
    public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken)
    {
        MeasurementSchema? schema = await store.GetSchemaAsync(measurement, cancellationToken).ConfigureAwait(false);
        if (schema is null
            && store is InfluxStore { InfluxQL: { } influx }
            && await influx.Policies.ExplainAsync(measurement, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            observer.OnWarning(reason.ToString());
        }

        return schema;
    }

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        store.GetSchemaToWriteAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken) =>
        store.QueryAsync(query.Observer is null ? query with { Observer = observer } : query, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken) =>
        store.WriteAsync(points, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();
}
