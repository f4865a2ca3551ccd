using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>A store that takes every question and answers none, ever, whoever loses patience.</summary>
/// <param name="asked">Told each question.</param>
internal sealed class SilentStore(Action? asked = null) : ITelemetryStore
{
    public StoreInfo Info { get; } = new(StoreKind.InfluxDB3, "http://silent.example:8181", "none");

    public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => new(NeverAsync<StoreInfo>());

    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) => new(NeverAsync<MeasurementSchema?>());

    public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A query can be given up, as a request can.
        yield return await NeverAsync<StoreRow>().WaitAsync(cancellationToken);
    }

    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken) => new(NeverAsync<WriteResult>());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> NeverAsync<T>()
    {
        asked?.Invoke();
        return new TaskCompletionSource<T>().Task;
    }
}
