namespace VmStats;

/// <summary>How far a dump is.</summary>
public sealed record MemoryDumpProgress
{
    /// <summary>The dump.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity.</summary>
    public Guid Uuid { get; init; }

    /// <summary>What it is doing.</summary>
    public MemoryDumpPhase Phase { get; init; }

    /// <summary>Bytes of guest memory that have come.</summary>
    public long ProcessedBytes { get; init; }

    /// <summary>Bytes that will come; null until the hypervisor or the ELF header has said so.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes in the stored file so far.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Time since the hypervisor was asked.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Megabytes (10^6 bytes) of memory a second since the first byte.</summary>
    public double? MegabytesPerSecond { get; init; }

    /// <summary>0 to 100; null while the total isn't known.</summary>
    public double? PercentComplete => TotalBytes is > 0 ? Math.Min(100, ProcessedBytes * 100.0 / TotalBytes.Value) : null;

    /// <summary>Time left at the rate so far; null while it can't be told.</summary>
    public TimeSpan? Remaining =>
        TotalBytes is long total && MegabytesPerSecond is > 0.001
            ? TimeSpan.FromSeconds(Math.Max(0, total - ProcessedBytes) / (MegabytesPerSecond.Value * 1e6))
            : null;
}
