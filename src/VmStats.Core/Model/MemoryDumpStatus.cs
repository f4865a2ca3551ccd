namespace VmStats;

/// <summary>The status of a dump that is queued, running or recently ended, visible to all processes of this user on this host.</summary>
public sealed record MemoryDumpStatus
{
    /// <summary>The dump's unique id.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID; null from the dump service, which doesn't report it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>The hypervisor that it is taken on; null from the dump service.</summary>
    public string? HypervisorUri { get; init; }

    /// <summary>The hypervisor host's name; null from the dump service.</summary>
    public string? HostName { get; init; }

    /// <summary>Its state.</summary>
    public MemoryDumpState State { get; init; }

    /// <summary>The phase of a running dump; otherwise null.</summary>
    public MemoryDumpPhase? Phase { get; init; }

    /// <summary>Percentage, 0 to 100; null while the total isn't known.</summary>
    public double? PercentComplete { get; init; }

    /// <summary>Bytes of guest memory received so far.</summary>
    public long? ProcessedBytes { get; init; }

    /// <summary>Total bytes to receive.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Size of the stored file in bytes.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Megabytes (10^6 bytes) per second.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>Estimated remaining time at the current average rate.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>When it was queued, by this host's clock, local time.</summary>
    public DateTime? QueuedAt => QueuedAtUtc?.ToLocalTime();

    /// <summary><see cref="QueuedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? QueuedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>When it began, local time.</summary>
    public DateTime? StartedAt => StartedAtUtc?.ToLocalTime();

    /// <summary><see cref="StartedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? StartedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>When it ended, local time.</summary>
    public DateTime? FinishedAt => FinishedAtUtc?.ToLocalTime();

    /// <summary><see cref="FinishedAt"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? FinishedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Its duration, so far if it is still running.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The final path of the file.</summary>
    public string? Path { get; init; }

    /// <summary>The stable error id.</summary>
    public string? ErrorId { get; init; }

    /// <summary>The error message, or the service's message.</summary>
    public string? Message { get; init; }

    /// <summary>The id of the process that takes or took it; null from the dump service.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The source of this status: <c>local</c>, or the dump service's URL.</summary>
    public string Source { get; init; } = "local";

    /// <summary>The VM's name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
