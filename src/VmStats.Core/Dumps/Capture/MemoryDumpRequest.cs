using VmStats.Dumps.Records;
using VmStats.Hypervisors;

namespace VmStats.Dumps.Capture;

/// <summary>The parameters of one dump.</summary>
internal sealed record MemoryDumpRequest
{
    /// <summary>The default of <see cref="BufferBytes"/>.</summary>
    public const long DefaultBufferBytes = 32L << 20;

    /// <summary>The VM, as the hypervisor lists it now.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>The compression of the stored file.</summary>
    public MemoryDumpCompression Compression { get; init; } = MemoryDumpCompression.Zstd;

    /// <summary>The compression level: 1 to 9 for gzip (1–3, 4–6 and 7–9 are the same), 1 to 19 for Zstandard; null for 1.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>The hypervisor's options: flags and output format.</summary>
    public CoreDumpOptions Options { get; init; } = new();

    /// <summary>Maximum time for the whole dump; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Maximum time without a byte of progress.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Maximum bytes of raw memory that are buffered. A guest whose memory fits into the buffer is paused no longer
    /// than a copy takes, whatever the compression.
    /// </summary>
    public long BufferBytes { get; init; } = DefaultBufferBytes;

    /// <summary>Bytes that the dump must leave free on its disk.</summary>
    public long ReserveBytes { get; init; } = 64L << 20;

    /// <summary>The person who takes the dump; null for this process's user.</summary>
    public string? Operator { get; init; }

    /// <summary>A note for the record, such as a case number.</summary>
    public string? Note { get; init; }

    /// <summary>The compression level that is used; null without compression.</summary>
    public int? EffectiveLevel => Compression == MemoryDumpCompression.None ? null : CompressionLevel ?? 1;
}

/// <summary>The folders that a dump engine uses, and its concurrency limits.</summary>
internal sealed record MemoryDumperOptions
{
    /// <summary>The dump folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder of state files and locks: one for all dump folders, so that only one dump of a VM runs at a time.</summary>
    public string StateFolder { get; init; } = MemoryDumpPaths.DefaultStateFolder;

    /// <summary>Maximum number of dumps that this engine runs at the same time.</summary>
    public int MaxParallel { get; init; } = 2;

    /// <summary>Number of compression threads for each dump.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>
    /// Maximum time to wait for the store, counted from the end of the capture. A record that the store has not
    /// accepted by then goes to a spool.
    /// </summary>
    public TimeSpan RecordTimeout { get; init; } = DumpRecorder.DefaultTimeout;

    /// <summary>Always uses a file instead of a FIFO; for tests.</summary>
    public bool AvoidFifo { get; init; }
}
