namespace VmStats;

/// <summary>The kinds of thing that a database is made of.</summary>
public enum VmStatsDatabaseItemKind
{
    /// <summary>The database itself; of an embedded store its file.</summary>
    Database,

    /// <summary>How long points are kept.</summary>
    RetentionPeriod,

    /// <summary>A table.</summary>
    Table,

    /// <summary>A cache of the newest rows.</summary>
    LastValueCache,

    /// <summary>A cache of the combinations of tags.</summary>
    DistinctValueCache,

    /// <summary>What leads from the names of the 1.x API to a bucket of InfluxDB 2.x.</summary>
    Mapping,
}

/// <summary>What was done about a thing.</summary>
public enum VmStatsDatabaseItemResult
{
    /// <summary>It was made.</summary>
    Created,

    /// <summary>It was there.</summary>
    Exists,

    /// <summary>It was there, and was changed.</summary>
    Changed,

    /// <summary>It was left alone; the detail says why.</summary>
    Skipped,
}

/// <summary>A thing that a database for VmStats is made of, and what was done about it.</summary>
public sealed record VmStatsDatabaseItem
{
    /// <summary>The kind of thing.</summary>
    public required VmStatsDatabaseItemKind Kind { get; init; }

    /// <summary>Its name; of a cache <c>table.cache</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What was done.</summary>
    public required VmStatsDatabaseItemResult Result { get; init; }

    /// <summary>What it is like, or why it was left alone; null where there is nothing to say.</summary>
    public string? Detail { get; init; }

    /// <summary>Kind, name and result.</summary>
    public override string ToString() => $"{Kind} {Name}: {Result}";
}
