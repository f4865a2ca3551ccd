namespace VmStats;

/// <summary>A dump that lies in a dump folder, as its manifest and the ledger describe it.</summary>
public sealed record MemoryDumpFile
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The dump's identity.</summary>
    public required Guid DumpId { get; init; }

    /// <summary>When it was taken, by the hypervisor's clock, in local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public required DateTime TimeUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>Bytes of the file.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes of the raw image.</summary>
    public long RawBytes { get; init; }

    /// <summary>SHA-256 of the raw image.</summary>
    public string? Sha256 { get; init; }

    /// <summary>True while it is on hold: it is not removed.</summary>
    public bool IsHeld { get; init; }

    /// <summary>True when its last verification found nothing wrong.</summary>
    public bool IsVerified { get; init; }

    /// <summary>The VM's name, which is what PowerShell binds where it can bind nothing better.</summary>
    public override string ToString() => Name;
}

/// <summary>What retention would do, or has done, with a dump.</summary>
public sealed record MemoryDumpRemoval
{
    /// <summary>The dump.</summary>
    public required MemoryDumpFile Dump { get; init; }

    /// <summary>Why it is to go: <c>Age</c>, <c>Count</c>, <c>Size</c> or <c>Path</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Why it must stay all the same; null when it may go.</summary>
    public string? KeptBecause { get; init; }

    /// <summary>True once it has been removed.</summary>
    public bool IsRemoved { get; init; }
}
