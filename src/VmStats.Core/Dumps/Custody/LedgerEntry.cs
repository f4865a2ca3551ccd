namespace VmStats.Dumps.Custody;

/// <summary>What happened to a dump.</summary>
internal enum LedgerEvent
{
    /// <summary>It was taken.</summary>
    Capture,

    /// <summary>An attempt to take it failed, was cancelled or interrupted.</summary>
    Attempt,

    /// <summary>It was read again and compared.</summary>
    Verify,

    /// <summary>It was expanded.</summary>
    Expand,

    /// <summary>It was removed.</summary>
    Remove,

    /// <summary>It was put on hold: it is not to be removed.</summary>
    Hold,

    /// <summary>The hold was lifted.</summary>
    Release,

    /// <summary>A line that a crash had cut short was found before this one; <see cref="LedgerEntry.Detail"/> has its hash.</summary>
    TornLine,
}

/// <summary>A line of the ledger. Each names the hash of the one before it.</summary>
internal sealed record LedgerEntry
{
    /// <summary>The detail of the ledger entry for a dump whose process died after writing the file and before writing the ledger.</summary>
    public const string RecoveredDetail = "Noted by the run after a crash.";

    /// <summary>1 for the first.</summary>
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

    /// <summary>SHA-256 of the manifest, of a capture.</summary>
    public string? ManifestSha256 { get; init; }

    public string? Operator { get; init; }

    public string? Host { get; init; }

    /// <summary>True when a verification found nothing wrong.</summary>
    public bool? IsOk { get; init; }

    public string? Detail { get; init; }

    /// <summary>Hash of the line before; zeros for the first.</summary>
    public required string Previous { get; init; }
}
