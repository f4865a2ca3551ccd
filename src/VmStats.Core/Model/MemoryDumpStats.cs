namespace VmStats;

/// <summary>Figures over dump records. Of dumps that a store holds nothing of, there are none: counts are 0, the rest is null.</summary>
public sealed record MemoryDumpStats
{
    /// <summary>The VM, where the figures are of one VM; else null.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's identity, where the figures are of one VM and a record says it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Completed dumps.</summary>
    public int Count { get; init; }

    /// <summary>Different VMs among the completed dumps: by UUID where known, else by name.</summary>
    public int VmCount { get; init; }

    /// <summary>Attempts that failed, were cancelled or interrupted.</summary>
    public int FailureCount { get; init; }

    /// <summary>Bytes of the raw images that are known.</summary>
    public long RawBytes { get; init; }

    /// <summary>Bytes of the stored files that are known.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Raw bytes per stored byte, over the dumps of which both are known.</summary>
    public double? Ratio { get; init; }

    /// <summary>Mean duration.</summary>
    public TimeSpan? AverageDuration { get; init; }

    /// <summary>95th percentile of the durations, by nearest rank.</summary>
    public TimeSpan? P95Duration { get; init; }

    /// <summary>Megabytes (10^6 bytes) of raw image a second, over the dumps of which both are known.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>When the newest completed dump began, local time.</summary>
    public DateTime? LastDump => LastDumpUtc?.ToLocalTime();

    /// <summary><see cref="LastDump"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime? LastDumpUtc { get; init => field = value?.ToUniversalTime(); }
}
