using VmStats.Dumps.Records;
using VmStats.Hypervisors;

namespace VmStats.Dumps.State;

/// <summary>
/// The contents of one dump's state file: enough to show the dump, to stop it, and to clean up after it and record it
/// if its process dies.
/// </summary>
internal sealed record DumpStateData
{
    public required Guid DumpId { get; init; }

    public required string Name { get; init; }

    public required Guid Uuid { get; init; }

    public int? VmId { get; init; }

    public string HypervisorUri { get; init; } = "";

    public string HostName { get; init; } = "";

    public bool IsSimulated { get; init; }

    public MemoryDumpState State { get; init; }

    public MemoryDumpPhase Phase { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset QueuedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The dump's time by the hypervisor's clock.</summary>
    public DateTimeOffset Time { get; init; }

    public long ProcessedBytes { get; init; }

    public long? TotalBytes { get; init; }

    public long StoredBytes { get; init; }

    public double? MegabytesPerSecond { get; init; }

    public string Folder { get; init; } = "";

    public string FileName { get; init; } = "";

    public string? PartialPath { get; init; }

    public string? Rendezvous { get; init; }

    public MemoryDumpCompression Compression { get; init; }

    public int? CompressionLevel { get; init; }

    public CoreDumpFormat Format { get; init; }

    public string Flags { get; init; } = "";

    public string? Operator { get; init; }

    public string? Note { get; init; }

    public string? ErrorId { get; init; }

    public string? Message { get; init; }

    /// <summary>
    /// The record of an ended dump, until it is in the store or in a spool, so that it is not lost if the process dies
    /// before that.
    /// </summary>
    public SpooledRecord? Pending { get; init; }

    public DumpStateData With(MemoryDumpProgress progress) => this with
    {
        Phase = progress.Phase,
        ProcessedBytes = progress.ProcessedBytes,
        TotalBytes = progress.TotalBytes,
        StoredBytes = progress.StoredBytes,
        MegabytesPerSecond = progress.MegabytesPerSecond,
    };
}
