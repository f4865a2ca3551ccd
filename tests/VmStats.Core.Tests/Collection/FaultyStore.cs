using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Collection;

/// <summary>A real store whose writes fail when a test wants them to.</summary>
/// <param name="inner">The store.</param>
/// <param name="fault">Given the write's number from 1; throws, waits, or lets it pass.</param>
internal sealed class FaultyStore(ITelemetryStore inner, Func<int, CancellationToken, Task> fault) : ITelemetryStore
{
    private int _writes;

    public FaultyStore(ITelemetryStore inner, Func<int, Exception?> fault)
        : this(inner, (write, _) => fault(write) is Exception e ? Task.FromException(e) : Task.CompletedTask)
    {
    }

    /// <summary>How often it was asked to write.</summary>
    public int Writes => _writes;

    /// <summary>The points that were written, in order.</summary>
    public List<Point> Written { get; } = [];

    public StoreInfo Info => inner.Info;

    public static VmStatsException Away { get; } = new("StoreAway", VmStatsErrorKind.Unavailable, "The store is away.");

    public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => inner.ProbeAsync(cancellationToken);

    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) =>
        inner.GetSchemaAsync(measurement, cancellationToken);

    public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken) =>
        inner.QueryAsync(query, cancellationToken);

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        await fault(Interlocked.Increment(ref _writes), cancellationToken);
        WriteResult result = await inner.WriteAsync(points, cancellationToken);
        lock (Written)
        {
            Written.AddRange(points);
        }

        return result;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
