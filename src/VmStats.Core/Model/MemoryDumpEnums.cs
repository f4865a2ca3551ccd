namespace VmStats;

/// <summary>The state of a dump.</summary>
public enum MemoryDumpState
{
    /// <summary>Waiting in the queue.</summary>
    Queued,

    /// <summary>Being taken.</summary>
    Running,

    /// <summary>Completed; the file is in place.</summary>
    Completed,

    /// <summary>Failed; no file is left.</summary>
    Failed,

    /// <summary>Cancelled by a user; no file is left.</summary>
    Cancelled,

    /// <summary>Interrupted: the process ended before the dump was complete.</summary>
    Interrupted,
}

/// <summary>How a dump is stored.</summary>
public enum MemoryDumpCompression
{
    /// <summary>Uncompressed; pages of zeros become holes in a sparse file.</summary>
    None,

    /// <summary>A single gzip member, compressed on all cores; every tool can read it.</summary>
    Gzip,

    /// <summary>Zstandard frames, compressed on all cores; the fastest.</summary>
    Zstd,
}

/// <summary>The phase of a running dump.</summary>
public enum MemoryDumpPhase
{
    /// <summary>Waiting in the queue.</summary>
    Waiting,

    /// <summary>The hypervisor was called, and no data has arrived yet.</summary>
    Starting,

    /// <summary>Memory is arriving; the guest is paused.</summary>
    Capturing,

    /// <summary>The hypervisor writes a raw file first, since a pipe could not be used; the guest is paused.</summary>
    Staging,

    /// <summary>The guest runs again; the rest is compressed, written and synced.</summary>
    Finishing,
}
