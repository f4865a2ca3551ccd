namespace VmStats.Dumps.Records;

/// <summary>A filter for dump records. Properties that aren't set don't restrict the result.</summary>
internal sealed record MemoryDumpFilter
{
    /// <summary>VM names to match exactly; null for all.</summary>
    public IReadOnlyCollection<string>? Names { get; init; }

    /// <summary>VM UUIDs to match; null for all. If <see cref="Names"/> is set too, either may match.</summary>
    public IReadOnlyCollection<Guid>? Uuids { get; init; }

    /// <summary>An additional condition on the VM (wildcards, or UUIDs together with names).</summary>
    public Func<MemoryDumpRecord, bool>? MatchesVm { get; init; }

    /// <summary>Start of the time range, inclusive.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>End of the time range, exclusive.</summary>
    public DateTimeOffset? Finish { get; init; }

    /// <summary>States to match; null for all.</summary>
    public IReadOnlyCollection<MemoryDumpState>? States { get; init; }

    /// <summary>A prefix, in hex, of the hash of the raw image or of the stored file; null for all.</summary>
    public string? Hash { get; init; }

    /// <summary>The number of records to skip.</summary>
    public long Skip { get; init; }

    /// <summary>The maximum number of records; null for all.</summary>
    public long? First { get; init; }

    /// <summary>True if a record matches the conditions on VM, state and hash. Time range, skip and count are applied elsewhere.</summary>
    public bool Matches(MemoryDumpRecord record) =>
        IsOfVm(record)
        && (MatchesVm is null || MatchesVm(record))
        && (States is null || States.Contains(record.State))
        && (Hash is null || StartsWith(record.Sha256) || StartsWith(record.StoredSha256));

    private bool IsOfVm(MemoryDumpRecord record) =>
        (Names is null && Uuids is null)
        || (Names is not null && Names.Contains(record.Name))
        || (Uuids is not null && record.Uuid is Guid uuid && Uuids.Contains(uuid));

    private bool StartsWith(string? hash) => hash is not null && hash.StartsWith(Hash!, StringComparison.OrdinalIgnoreCase);
}
