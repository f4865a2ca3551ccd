namespace VmStats;

/// <summary>The kinds of objects in a database.</summary>
public enum VmStatsDatabaseItemKind
{
    /// <summary>The database itself; for an embedded store, its file.</summary>
    Database,

    /// <summary>The retention period.</summary>
    RetentionPeriod,

    /// <summary>A table.</summary>
    Table,

    /// <summary>A cache of the newest rows.</summary>
    LastValueCache,

    /// <summary>A cache of the combinations of tags.</summary>
    DistinctValueCache,

    /// <summary>The mapping from database and retention policy names of the 1.x API to a bucket of InfluxDB 2.x.</summary>
    Mapping,
}

/// <summary>The action taken for a database object.</summary>
public enum VmStatsDatabaseItemResult
{
    /// <summary>It was created.</summary>
    Created,

    /// <summary>It existed already.</summary>
    Exists,

    /// <summary>It existed and was changed.</summary>
    Changed,

    /// <summary>It was left unchanged; Detail gives the reason.</summary>
    Skipped,
}

/// <summary>An object in a database for VmStats, and the action taken for it.</summary>
public sealed record VmStatsDatabaseItem
{
    /// <summary>The kind of object.</summary>
    public required VmStatsDatabaseItemKind Kind { get; init; }

    /// <summary>Its name; for a cache, <c>table.cache</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The action taken.</summary>
    public required VmStatsDatabaseItemResult Result { get; init; }

    /// <summary>A description, or the reason why it was left unchanged; null if there is none.</summary>
    public string? Detail { get; init; }

    /// <summary>Kind, name and result.</summary>
    public override string ToString() => $"{Kind} {Name}: {Result}";
}
