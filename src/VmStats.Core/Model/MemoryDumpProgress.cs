namespace VmStats;

/// <summary>The progress of a dump.</summary>
public sealed record MemoryDumpProgress
{
    /// <summary>The dump's unique id.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID.</summary>
    public Guid Uuid { get; init; }

    /// <summary>Its phase.</summary>
    public MemoryDumpPhase Phase { get; init; }

    /// <summary>Bytes of guest memory received so far.</summary>
    public long ProcessedBytes { get; init; }

    /// <summary>Total bytes to receive; null until the hypervisor or the ELF header has reported it.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Size of the stored file so far, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Time since the call to the hypervisor.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Megabytes (10^6 bytes) of memory per second since the first byte.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>Percentage, 0 to 100; null while the total isn't known.</summary>
    public double? PercentComplete => TotalBytes is > 0 ? Math.Min(100, ProcessedBytes * 100.0 / TotalBytes.Value) : null;

    /// <summary>Estimated remaining time at the current average rate; null while unknown.</summary>
    public TimeSpan? Remaining =>
        TotalBytes is long total && MegabytesPerSecond is > 0.001
            ? TimeSpan.FromSeconds(Math.Max(0, total - ProcessedBytes) / (MegabytesPerSecond.Value * 1e6))
            : null;
}
