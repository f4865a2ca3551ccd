namespace VmStats;

/// <summary>The severity of a finding.</summary>
public enum MemoryDumpFindingSeverity
{
    /// <summary>Informational; the dump can be trusted.</summary>
    Warning,

    /// <summary>The dump, or the records about it, can't be trusted.</summary>
    Error,
}

/// <summary>A finding of a verification.</summary>
/// <param name="Id">Stable id, such as <c>StoredHashDiffers</c>.</param>
/// <param name="Severity">Its severity.</param>
/// <param name="Message">The message, one sentence.</param>
public sealed record MemoryDumpFinding(string Id, MemoryDumpFindingSeverity Severity, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {Message}";
}

/// <summary>The result of reading a dump again and comparing it with its manifest, the ledger and the store.</summary>
public sealed record MemoryDumpVerification
{
    private readonly IReadOnlyList<MemoryDumpFinding> _findings = [];

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The VM's name, from the manifest; null if there is none.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's UUID, from the manifest.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>True when no finding is an error.</summary>
    public bool IsValid => Findings.All(finding => finding.Severity != MemoryDumpFindingSeverity.Error);

    /// <summary>All findings; empty when everything matches. As text, they are joined by semicolons.</summary>
    public IReadOnlyList<MemoryDumpFinding> Findings
    {
        get => _findings;
        init => _findings = new JoinedList<MemoryDumpFinding>(value);
    }

    /// <summary>SHA-256 of the raw image as read now; null if it could not be read completely.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of the file as read now.</summary>
    public string? StoredSha256 { get; init; }

    /// <summary>Size of the raw image as read now, in bytes.</summary>
    public long? RawBytes { get; init; }

    /// <summary>Size of the file as read now, in bytes.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Number of records of this file in the store; null if no store was queried.</summary>
    public int? StoreRecordCount { get; init; }

    /// <summary>The duration.</summary>
    public TimeSpan Elapsed { get; init; }
}
