namespace VmStats;

/// <summary>What a dump would do: nothing has been touched yet. Figures are expectations.</summary>
public sealed record MemoryDumpPlan
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The folder that the file would go to.</summary>
    public required string Folder { get; init; }

    /// <summary>How it would be stored.</summary>
    public MemoryDumpCompression Compression { get; init; }

    /// <summary>libvirt's flags.</summary>
    public string Flags { get; init; } = "";

    /// <summary>Bytes of the raw image.</summary>
    public long RawBytes { get; init; }

    /// <summary>Bytes of the stored file.</summary>
    public long StoredBytes { get; init; }

    /// <summary>From the call to the hypervisor until the file is in place.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How long the guest would be paused; null when it isn't running.</summary>
    public TimeSpan? PauseTime { get; init; }

    /// <summary>Bytes free on the folder's disk; null when that can't be told.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>False when the file is expected not to fit; true when it fits, or nobody knows.</summary>
    public bool Fits => FreeBytes is not long free || free > StoredBytes;

    /// <summary>Earlier dumps of this VM that the expectation rests on; 0: its memory size and a rule of thumb.</summary>
    public int HistoryCount { get; init; }
}
