namespace VmStats;

/// <summary>A dump that waits, runs or has ended lately, as any process of this user on this host sees it.</summary>
public sealed record MemoryDumpStatus
{
    /// <summary>The dump.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity; null from the dump service, which doesn't know it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>The hypervisor that it is taken on; null from the dump service.</summary>
    public string? HypervisorUri { get; init; }

    /// <summary>The hypervisor host's name; null from the dump service.</summary>
    public string? HostName { get; init; }

    /// <summary>Where it stands.</summary>
    public MemoryDumpState State { get; init; }

    /// <summary>What a running dump is doing; else null.</summary>
    public MemoryDumpPhase? Phase { get; init; }

    /// <summary>0 to 100; null while the total isn't known.</summary>
    public double? PercentComplete { get; init; }

    /// <summary>Bytes of guest memory that have come.</summary>
    public long? ProcessedBytes { get; init; }

    /// <summary>Bytes that will come.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes in the stored file.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Megabytes (10^6 bytes) a second.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>Time left at the rate so far.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>When it was asked for, by this host's clock, local time.</summary>
    public DateTime? QueuedAt => QueuedAtUtc?.ToLocalTime();

    /// <summary><see cref="QueuedAt"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime? QueuedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>When it began, local time.</summary>
    public DateTime? StartedAt => StartedAtUtc?.ToLocalTime();

    /// <summary><see cref="StartedAt"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime? StartedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>When it ended, local time.</summary>
    public DateTime? FinishedAt => FinishedAtUtc?.ToLocalTime();

    /// <summary><see cref="FinishedAt"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime? FinishedAtUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>Time that it took, or has taken so far.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The file: where it is, or will be.</summary>
    public string? Path { get; init; }

    /// <summary>The stable id of the error.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What went wrong, or the service's message.</summary>
    public string? Message { get; init; }

    /// <summary>The process that takes or took it; null from the dump service.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Where this was learnt: <c>local</c>, or the dump service's URL.</summary>
    public string Source { get; init; } = "local";

    /// <summary>The VM's name, which is what PowerShell binds where it can bind nothing better.</summary>
    public override string ToString() => Name;
}
