namespace VmStats;

/// <summary>How bad a finding is.</summary>
public enum MemoryDumpFindingSeverity
{
    /// <summary>Worth knowing; the dump stands.</summary>
    Warning,

    /// <summary>The dump, or what is told of it, can't be trusted.</summary>
    Error,
}

/// <summary>Something that a verification found.</summary>
/// <param name="Id">Stable id, such as <c>StoredHashDiffers</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">One sentence.</param>
public sealed record MemoryDumpFinding(string Id, MemoryDumpFindingSeverity Severity, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {Message}";
}

/// <summary>What came of reading a dump again and comparing it with its manifest, the ledger and the store.</summary>
public sealed record MemoryDumpVerification
{
    private readonly IReadOnlyList<MemoryDumpFinding> _findings = [];

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The VM's name, from the manifest; null where there is none.</summary>
    public string? Name { get; init; }

    /// <summary>The VM's identity, from the manifest.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>True when no finding is an error.</summary>
    public bool IsValid => Findings.All(finding => finding.Severity != MemoryDumpFindingSeverity.Error);

    /// <summary>All that was found; empty when everything agrees. As text, one after the other.</summary>
    public IReadOnlyList<MemoryDumpFinding> Findings
    {
        get => _findings;
        init => _findings = new JoinedList<MemoryDumpFinding>(value);
    }

    /// <summary>SHA-256 of the raw image as read now; null when it could not be read to its end.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of the file as read now.</summary>
    public string? StoredSha256 { get; init; }

    /// <summary>Bytes of the raw image as read now.</summary>
    public long? RawBytes { get; init; }

    /// <summary>Bytes of the file as read now.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>How often the file's records were found in the store; null when no store was asked.</summary>
    public int? StoreRecordCount { get; init; }

    /// <summary>Time that it took.</summary>
    public TimeSpan Elapsed { get; init; }
}
