namespace VmStats;

/// <summary>What a collector does.</summary>
public enum TelemetryCollectorState
{
    /// <summary>It polls.</summary>
    Running,

    /// <summary>It polls no more and writes what it has.</summary>
    Stopping,

    /// <summary>It has ended, by request or after its count of polls.</summary>
    Stopped,

    /// <summary>It has ended by a failure that it can't outlive; <see cref="VmTelemetryCollectorStatus.LastError"/> says which.</summary>
    Failed,
}

/// <summary>A collector and what it has done so far.</summary>
public sealed record VmTelemetryCollectorStatus
{
    /// <summary>Its number in this session.</summary>
    public required int Id { get; init; }

    /// <summary>The name it was given.</summary>
    public required string Name { get; init; }

    /// <summary>The hypervisor that it polls.</summary>
    public required string HypervisorUri { get; init; }

    /// <summary>The store that it writes to: its address and database.</summary>
    public required string Store { get; init; }

    /// <summary>What it does.</summary>
    public TelemetryCollectorState State { get; init; }

    /// <summary>When it was started, local time.</summary>
    public DateTime StartedAt => StartedAtUtc.ToLocalTime();

    /// <summary><see cref="StartedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime StartedAtUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>When it ended, local time; null while it runs.</summary>
    public DateTime? EndedAt => EndedAtUtc?.ToLocalTime();

    /// <summary><see cref="EndedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? EndedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Time between polls, by the hypervisor's clock.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Polls that succeeded.</summary>
    public long Polls { get; init; }

    /// <summary>Polls that were due while another still ran, and were left out.</summary>
    public long PollsMissed { get; init; }

    /// <summary>Polls and writes that failed.</summary>
    public long Errors { get; init; }

    /// <summary>The last failure's message.</summary>
    public string? LastError { get; init; }

    /// <summary>When the last poll that succeeded began, by the hypervisor's clock, in local time.</summary>
    public DateTime? LastPoll => LastPollUtc?.ToLocalTime();

    /// <summary><see cref="LastPoll"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? LastPollUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>How long that poll took.</summary>
    public TimeSpan? PollDuration { get; init; }

    /// <summary>VMs in that poll.</summary>
    public int VmsMonitored { get; init; }

    /// <summary>Points made of all polls.</summary>
    public long PointsCollected { get; init; }

    /// <summary>Points that the store has.</summary>
    public long PointsWritten { get; init; }

    /// <summary>Points that the store refused; they are in the reject file.</summary>
    public long PointsRejected { get; init; }

    /// <summary>Fields of written points that were left out because their table doesn't take them: another type, or too many columns.</summary>
    public long FieldsLeftOut { get; init; }

    /// <summary>Points put into the spool because the store couldn't be reached.</summary>
    public long PointsSpooled { get; init; }

    /// <summary>Points that came from the spool and are now in the store.</summary>
    public long PointsReplayed { get; init; }

    /// <summary>Points lost: the queue was full, or the spool could not take them.</summary>
    public long PointsDropped { get; init; }

    /// <summary>Points that wait to be written.</summary>
    public int QueueLength { get; init; }
}
