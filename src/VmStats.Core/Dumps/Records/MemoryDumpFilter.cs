namespace VmStats.Dumps.Records;

/// <summary>Which records are wanted. What isn't set doesn't narrow.</summary>
internal sealed record MemoryDumpFilter
{
    /// <summary>Exact names, any of which; null for all.</summary>
    public IReadOnlyCollection<string>? Names { get; init; }

    /// <summary>VM identities, any of which; null for all. With <see cref="Names"/>, either may match.</summary>
    public IReadOnlyCollection<Guid>? Uuids { get; init; }

    /// <summary>A further condition on the VM (wildcards, or identities together with names).</summary>
    public Func<MemoryDumpRecord, bool>? MatchesVm { get; init; }

    /// <summary>First time, inclusive.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Last time, exclusive.</summary>
    public DateTimeOffset? Finish { get; init; }

    /// <summary>States, any of which; null for all.</summary>
    public IReadOnlyCollection<MemoryDumpState>? States { get; init; }

    /// <summary>The start of either hash, in hex; null for all.</summary>
    public string? Hash { get; init; }

    /// <summary>Records to pass over.</summary>
    public long Skip { get; init; }

    /// <summary>At most so many records; null for all.</summary>
    public long? First { get; init; }

    /// <summary>True when a record is wanted, order and count apart.</summary>
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
