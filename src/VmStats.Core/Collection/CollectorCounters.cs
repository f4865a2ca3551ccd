namespace VmStats.Collection;

/// <summary>The counters and status of a collector. Thread-safe: polls and writes update them from different threads.</summary>
internal sealed class CollectorCounters
{
    private readonly object _lock = new();
    private VmTelemetryCollectorStatus _status;

    /// <summary>Creates the counters with an initial status.</summary>
    public CollectorCounters(VmTelemetryCollectorStatus status)
    {
        _status = status;
    }

    /// <summary>The current status.</summary>
    public VmTelemetryCollectorStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>Changes the status.</summary>
    public void Update(Func<VmTelemetryCollectorStatus, VmTelemetryCollectorStatus> change)
    {
        lock (_lock)
        {
            _status = change(_status);
        }
    }

    /// <summary>Counts a failure and records its message.</summary>
    public void AddFailure(string message) => Update(status => status with { Errors = status.Errors + 1, LastError = message });
}
