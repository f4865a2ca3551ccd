using VmStats.Errors;

namespace VmStats.Collection;

/// <summary>The collectors of a session, by id.</summary>
internal sealed class CollectorRegistry : IAsyncDisposable
{
    private readonly SortedDictionary<int, TelemetryCollector> _collectors = [];
    private readonly object _lock = new();
    private int _lastId;

    /// <summary>Creates a collector with the next id, and starts it.</summary>
    /// <param name="options">What it polls and where it writes to.</param>
    /// <param name="onWarning">Called on another thread when the collector recovers from, or continues after, a failure; may be null.</param>
    public TelemetryCollector Start(TelemetryCollectorOptions options, Action<TelemetryCollector, string>? onWarning = null)
    {
        lock (_lock)
        {
            TelemetryCollector collector = new(_lastId + 1, options);
            collector.Warning += onWarning;
            collector.Start();
            _collectors.Add(++_lastId, collector);
            return collector;
        }
    }

    /// <summary>Returns all collectors of the session, including ended ones, sorted by id.</summary>
    public IReadOnlyList<TelemetryCollector> List()
    {
        lock (_lock)
        {
            return _collectors.Values.ToArray();
        }
    }

    /// <summary>Returns a collector by its id.</summary>
    /// <exception cref="VmStatsException">No collector has this id: <c>CollectorNotFound</c>.</exception>
    public TelemetryCollector Get(int id)
    {
        lock (_lock)
        {
            return _collectors.TryGetValue(id, out TelemetryCollector? collector)
                ? collector
                : throw new VmStatsException(
                    ErrorIds.CollectorNotFound,
                    VmStatsErrorKind.NotFound,
                    $"There is no collector {id} in this session.",
                    "Get-VmTelemetryCollector lists the collectors.",
                    id);
        }
    }

    /// <summary>Removes a collector that has ended.</summary>
    public void Remove(int id)
    {
        lock (_lock)
        {
            _collectors.Remove(id);
        }
    }

    /// <summary>Stops all collectors in parallel.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Task stop in List().Select(collector => collector.DisposeAsync().AsTask()).ToArray())
        {
            await stop.ConfigureAwait(false);
        }
    }
}
