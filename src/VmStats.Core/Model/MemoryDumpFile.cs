namespace VmStats;

/// <summary>A dump in a dump folder, as described by its manifest and the ledger.</summary>
public sealed record MemoryDumpFile
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The dump's unique id.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>Time of the dump, by the hypervisor's clock, in local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public required DateTime TimeUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>Size of the file in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Size of the raw image in bytes.</summary>
    public long RawBytes { get; init; }

    /// <summary>SHA-256 of the raw image.</summary>
    public string? Sha256 { get; init; }

    /// <summary>True while it is on hold, so that it isn't removed.</summary>
    public bool IsHeld { get; init; }

    /// <summary>True when its last verification found nothing wrong.</summary>
    public bool IsVerified { get; init; }

    /// <summary>The VM's name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}

/// <summary>The decision of the retention rules for a dump, and whether it was carried out.</summary>
public sealed record MemoryDumpRemoval
{
    /// <summary>The dump.</summary>
    public required MemoryDumpFile Dump { get; init; }

    /// <summary>The rule that selected it for removal: <c>Age</c>, <c>Count</c>, <c>Size</c> or <c>Path</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Why it must be kept nevertheless; null if it may be removed.</summary>
    public string? KeptBecause { get; init; }

    /// <summary>True once it has been removed.</summary>
    public bool IsRemoved { get; init; }
}
