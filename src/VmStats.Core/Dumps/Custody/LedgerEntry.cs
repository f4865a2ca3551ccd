namespace VmStats.Dumps.Custody;

/// <summary>What happened to a dump.</summary>
internal enum LedgerEvent
{
    /// <summary>The dump was taken.</summary>
    Capture,

    /// <summary>An attempt to take the dump failed, was cancelled or was interrupted.</summary>
    Attempt,

    /// <summary>The dump was verified: read again and compared.</summary>
    Verify,

    /// <summary>The dump was expanded.</summary>
    Expand,

    /// <summary>The dump was removed.</summary>
    Remove,

    /// <summary>The dump was put on hold, so that it can't be removed.</summary>
    Hold,

    /// <summary>The hold was lifted.</summary>
    Release,

    /// <summary>A crash had left an incomplete line before this one; <see cref="LedgerEntry.Detail"/> has its hash.</summary>
    TornLine,
}

/// <summary>An entry of the ledger. Each contains the hash of the entry before it.</summary>
internal sealed record LedgerEntry
{
    /// <summary>The detail of the ledger entry for a dump whose process died after writing the file and before writing the ledger.</summary>
    public const string RecoveredDetail = "Noted by the run after a crash.";

    /// <summary>The sequence number, starting at 1.</summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required LedgerEvent Event { get; init; }

    /// <summary>The dump's file name, without folder.</summary>
    public string? File { get; init; }

    public Guid? DumpId { get; init; }

    public string? Name { get; init; }

    public Guid? Uuid { get; init; }

    public string? Sha256 { get; init; }

    public string? StoredSha256 { get; init; }

    /// <summary>SHA-256 of the manifest; only for a capture.</summary>
    public string? ManifestSha256 { get; init; }

    public string? Operator { get; init; }

    public string? Host { get; init; }

    /// <summary>True when a verification found nothing wrong.</summary>
    public bool? IsOk { get; init; }

    public string? Detail { get; init; }

    /// <summary>The hash of the previous entry; zeros for the first.</summary>
    public required string Previous { get; init; }
}
