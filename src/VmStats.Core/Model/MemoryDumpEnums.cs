namespace VmStats;

/// <summary>Where a dump stands, or how it ended.</summary>
public enum MemoryDumpState
{
    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Is being taken.</summary>
    Running,

    /// <summary>Is complete and in place.</summary>
    Completed,

    /// <summary>Ended with an error; no file is left.</summary>
    Failed,

    /// <summary>Was stopped by somebody; no file is left.</summary>
    Cancelled,

    /// <summary>Its process died before it ended.</summary>
    Interrupted,
}

/// <summary>How a dump is stored.</summary>
public enum MemoryDumpCompression
{
    /// <summary>As it comes; pages of zeros become holes.</summary>
    None,

    /// <summary>One gzip member, deflated on all cores; read by every tool.</summary>
    Gzip,

    /// <summary>Zstandard frames, compressed on all cores; the fastest.</summary>
    Zstd,
}

/// <summary>What a running dump is doing.</summary>
public enum MemoryDumpPhase
{
    /// <summary>Waits for its turn.</summary>
    Waiting,

    /// <summary>Has asked the hypervisor, and no byte has come yet.</summary>
    Starting,

    /// <summary>Memory is arriving; the guest is paused.</summary>
    Capturing,

    /// <summary>The hypervisor writes a raw file first, since a pipe could not be used; the guest is paused.</summary>
    Staging,

    /// <summary>The guest runs again; the rest is compressed, written and synced.</summary>
    Finishing,
}
