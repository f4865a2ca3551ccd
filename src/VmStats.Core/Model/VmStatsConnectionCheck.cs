namespace VmStats;

/// <summary>The result of checking one link of a connection.</summary>
public enum VmStatsConnectionCheckResult
{
    /// <summary>The link works.</summary>
    Passed,

    /// <summary>The link works, but needs attention: the data is old, for example, or a table doesn't exist yet.</summary>
    Warning,

    /// <summary>The link is broken: the links after it can't work.</summary>
    Failed,

    /// <summary>Not checked, since an earlier link is broken or the store has no such link.</summary>
    Skipped,
}

/// <summary>One link of the chain from this process to the data, and the result of its check.</summary>
public sealed record VmStatsConnectionCheck
{
    /// <summary>
    /// The link: Proxy (if one is used), Name resolution, TCP, TLS, Server, Authentication, Database, Schema,
    /// Freshness, Clock or, for InfluxDB 3, Caches.
    /// </summary>
    public required string Link { get; init; }

    /// <summary>The result.</summary>
    public required VmStatsConnectionCheckResult Result { get; init; }

    /// <summary>The finding.</summary>
    public required string Detail { get; init; }

    /// <summary>How to fix it; null if nothing is broken.</summary>
    public string? Remedy { get; init; }

    /// <summary>How long the check took; null if it was skipped.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The link and the result.</summary>
    public override string ToString() => $"{Link}: {Result}";
}
