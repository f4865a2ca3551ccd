namespace VmStats;

/// <summary>The state of a collector.</summary>
public enum TelemetryCollectorState
{
    /// <summary>Polling.</summary>
    Running,

    /// <summary>Polling has ended; the remaining points are being written.</summary>
    Stopping,

    /// <summary>Ended, on request or after the given number of polls.</summary>
    Stopped,

    /// <summary>Ended by an unrecoverable failure; <see cref="VmTelemetryCollectorStatus.LastError"/> has its message.</summary>
    Failed,
}

/// <summary>The status and counters of a collector.</summary>
public sealed record VmTelemetryCollectorStatus
{
    /// <summary>Its id in this session.</summary>
    public required int Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The URI of the hypervisor that it polls.</summary>
    public required string HypervisorUri { get; init; }

    /// <summary>The store that it writes to: its address and database.</summary>
    public required string Store { get; init; }

    /// <summary>Its state.</summary>
    public TelemetryCollectorState State { get; init; }

    /// <summary>Time when it was started, local.</summary>
    public DateTime StartedAt => StartedAtUtc.ToLocalTime();

    /// <summary><see cref="StartedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime StartedAtUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>Time when it ended, local; null while it is running.</summary>
    public DateTime? EndedAt => EndedAtUtc?.ToLocalTime();

    /// <summary><see cref="EndedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? EndedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Time between polls, by the hypervisor's clock.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Number of successful polls.</summary>
    public long Polls { get; init; }

    /// <summary>Number of polls that were skipped because an earlier one was still running.</summary>
    public long PollsMissed { get; init; }

    /// <summary>Number of failed polls and writes.</summary>
    public long Errors { get; init; }

    /// <summary>The message of the last failure.</summary>
    public string? LastError { get; init; }

    /// <summary>Start of the last successful poll, by the hypervisor's clock, in local time.</summary>
    public DateTime? LastPoll => LastPollUtc?.ToLocalTime();

    /// <summary><see cref="LastPoll"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? LastPollUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Duration of that poll.</summary>
    public TimeSpan? PollDuration { get; init; }

    /// <summary>Number of VMs in that poll.</summary>
    public int VmsMonitored { get; init; }

    /// <summary>Number of points collected.</summary>
    public long PointsCollected { get; init; }

    /// <summary>Number of points written to the store.</summary>
    public long PointsWritten { get; init; }

    /// <summary>Number of points that the store rejected; they are saved in the reject file.</summary>
    public long PointsRejected { get; init; }

    /// <summary>Number of fields omitted from written points because the table doesn't accept them: wrong type, or too many columns.</summary>
    public long FieldsLeftOut { get; init; }

    /// <summary>Number of points saved in the spool because the store couldn't be reached.</summary>
    public long PointsSpooled { get; init; }

    /// <summary>Number of points from the spool that were written to the store.</summary>
    public long PointsReplayed { get; init; }

    /// <summary>Number of points lost because the queue was full or the spool couldn't accept them.</summary>
    public long PointsDropped { get; init; }

    /// <summary>Number of points that are waiting to be written.</summary>
    public int QueueLength { get; init; }
}
