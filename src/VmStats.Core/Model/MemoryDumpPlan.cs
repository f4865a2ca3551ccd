namespace VmStats;

/// <summary>The expected result of a dump, without taking it. All numbers are estimates.</summary>
public sealed record MemoryDumpPlan
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The folder for the file.</summary>
    public required string Folder { get; init; }

    /// <summary>The storage format.</summary>
    public MemoryDumpCompression Compression { get; init; }

    /// <summary>The flags passed to libvirt.</summary>
    public string Flags { get; init; } = "";

    /// <summary>Estimated size of the raw image in bytes.</summary>
    public long RawBytes { get; init; }

    /// <summary>Estimated size of the stored file in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Estimated time from the call to the hypervisor until the file is in place.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Estimated time that the guest is paused; null when it isn't running.</summary>
    public TimeSpan? PauseTime { get; init; }

    /// <summary>Bytes free on the folder's disk; null if unknown.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>False when the file is not expected to fit on the disk; true when it is, or when that is unknown.</summary>
    public bool Fits => FreeBytes is not long free || free > StoredBytes;

    /// <summary>Number of earlier dumps of this VM that the estimates are based on; 0 if they are based on its memory size and a rule of thumb.</summary>
    public int HistoryCount { get; init; }
}
