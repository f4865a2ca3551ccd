namespace VmStats;

/// <summary>Statistics of dump records. Without any records, counts are 0 and the other values are null.</summary>
public sealed record MemoryDumpStats
{
    /// <summary>The VM's name if the statistics are for one VM; otherwise null.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's UUID if the statistics are for one VM and a record has it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Number of completed dumps.</summary>
    public int Count { get; init; }

    /// <summary>Number of distinct VMs of the completed dumps, by UUID if known, otherwise by name.</summary>
    public int VmCount { get; init; }

    /// <summary>Number of attempts that failed, were cancelled or interrupted.</summary>
    public int FailureCount { get; init; }

    /// <summary>Total of the known raw image sizes, in bytes.</summary>
    public long RawBytes { get; init; }

    /// <summary>Total of the known stored file sizes, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Compression ratio, over the dumps with both sizes known.</summary>
    public double? Ratio { get; init; }

    /// <summary>Mean duration.</summary>
    public TimeSpan? AverageDuration { get; init; }

    /// <summary>95th percentile of the durations, by nearest rank.</summary>
    public TimeSpan? P95Duration { get; init; }

    /// <summary>Megabytes (10^6 bytes) of raw image per second, over the dumps with size and duration known.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>When the newest completed dump began, local time.</summary>
    public DateTime? LastDump => LastDumpUtc?.ToLocalTime();

    /// <summary><see cref="LastDump"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime? LastDumpUtc { get; init => field = value?.ToUniversalTime(); }
}
