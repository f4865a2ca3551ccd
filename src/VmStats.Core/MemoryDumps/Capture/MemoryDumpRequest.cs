using VmStats.Hypervisors;

namespace VmStats.MemoryDumps;

/// <summary>One dump, as it is asked for.</summary>
internal sealed record MemoryDumpRequest
{
    /// <summary>What <see cref="BufferBytes"/> is where nothing else is asked for.</summary>
    public const long UsualBufferBytes = 32L << 20;

    /// <summary>The VM, as the hypervisor lists it now.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>How it is stored.</summary>
    public MemoryDumpCompression Compression { get; init; } = MemoryDumpCompression.Zstd;

    /// <summary>1 to 9 for gzip (1–3, 4–6 and 7–9 are the same), 1 to 19 for Zstandard; null for 1.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>What the hypervisor does and writes.</summary>
    public CoreDumpOptions Options { get; init; } = new();

    /// <summary>Longest time in all; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Longest time without a byte of progress.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Raw bytes that may wait in memory. A guest whose memory fits in here is paused no longer than a copy takes,
    /// whatever the compression.
    /// </summary>
    public long BufferBytes { get; init; } = UsualBufferBytes;

    /// <summary>Bytes that the dump must leave free on its disk.</summary>
    public long ReserveBytes { get; init; } = 64L << 20;

    /// <summary>Who takes it; null for this process's user.</summary>
    public string? Operator { get; init; }

    /// <summary>A note for the record, such as a case number.</summary>
    public string? Note { get; init; }

    /// <summary>The level in force.</summary>
    public int? EffectiveLevel => Compression == MemoryDumpCompression.None ? null : CompressionLevel ?? 1;
}

/// <summary>Where an engine keeps its things, and how much it does at once.</summary>
internal sealed record MemoryDumperOptions
{
    /// <summary>The dump folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Where states and locks are kept: one for all dump folders, so that a VM is dumped once at a time.</summary>
    public string StateFolder { get; init; } = MemoryDumpPaths.DefaultStateFolder;

    /// <summary>Dumps at once in this engine.</summary>
    public int MaxParallel { get; init; } = 2;

    /// <summary>Threads that compress, for each dump.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>The longest wait for the store, from a capture's end: a record that it hasn't taken by then goes to a spool.</summary>
    public TimeSpan RecordPatience { get; init; } = DumpRecorder.UsualPatience;

    /// <summary>Always goes through a file instead of a FIFO; for tests.</summary>
    public bool AvoidFifo { get; init; }
}
