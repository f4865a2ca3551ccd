using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>A real store with what happens to stores: it goes away, refuses points, and others use it at the same time.</summary>
internal sealed class StoreProxy(ITelemetryStore store) : ITelemetryStore
{
    /// <summary>Queries so far.</summary>
    public int QueryCount { get; private set; }

    /// <summary>Happens once, just before the first query.</summary>
    public Func<Task>? BeforeQuery { get; set; }

    /// <summary>Happens before each write.</summary>
    public Func<Task> BeforeWrite { get; set; } = () => Task.CompletedTask;

    /// <summary>True while it can't be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>Points of which this holds are refused.</summary>
    public Func<Point, bool> Refuses { get; set; } = _ => false;

    public StoreInfo Info => store.Info;

    public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);

    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken)
    {
        Reach();
        return store.GetSchemaAsync(measurement, cancellationToken);
    }

    public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Reach();
        QueryCount++;
        if (BeforeQuery is Func<Task> before)
        {
            BeforeQuery = null;
            await before();
        }

        await foreach (StoreRow row in store.QueryAsync(query, cancellationToken))
        {
            yield return row;
        }
    }

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        Reach();
        await BeforeWrite();
        Point[] refused = [.. points.Where(Refuses)];
        WriteResult result = await store.WriteAsync([.. points.Except(refused)], cancellationToken);
        return result with { Rejected = [.. result.Rejected, .. refused.Select(point => new RejectedPoint(point, "refused by the test"))] };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Reach()
    {
        if (IsAway)
        {
            throw new VmStatsException("StoreUnreachable", VmStatsErrorKind.Unavailable, "The store is away.");
        }
    }
}
