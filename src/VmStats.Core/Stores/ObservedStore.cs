using System.Runtime.CompilerServices;
using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores;

/// <summary>A store whose queries all report to one observer, unless they name their own. The store itself belongs to who opened it.</summary>
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
        if (schema is null)
        {
            await ExplainAsync(measurement, cancellationToken).ConfigureAwait(false);
        }

        return schema;
    }

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        store.GetSchemaToWriteAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isEmpty = true;
        await foreach (StoreRow row in store.QueryAsync(query.Observer is null ? query with { Observer = observer } : query, cancellationToken).ConfigureAwait(false))
        {
            isEmpty = false;
            yield return row;
        }

        if (isEmpty)
        {
            await ExplainAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken) =>
        store.WriteAsync(points, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async ValueTask ExplainAsync(string measurement, CancellationToken cancellationToken)
    {
        if (store is InfluxStore influx && await influx.Policies.ExplainAsync(measurement, cancellationToken).ConfigureAwait(false) is { } empty)
        {
            observer.OnWarning($"{empty.Reason} {empty.Remedy}");
        }
    }
}
