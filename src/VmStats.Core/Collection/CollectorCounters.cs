namespace VmStats.Collection;

/// <summary>What a collector counts. Polls and writes count from different threads.</summary>
internal sealed class CollectorCounters
{
    private readonly object _lock = new();
    private VmTelemetryCollectorStatus _status;

    /// <summary>Starts from a status.</summary>
    public CollectorCounters(VmTelemetryCollectorStatus status)
    {
        _status = status;
    }

    /// <summary>The status now.</summary>
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

    /// <summary>Counts a failure.</summary>
    public void Fail(string message) => Update(status => status with { Errors = status.Errors + 1, LastError = message });
}
