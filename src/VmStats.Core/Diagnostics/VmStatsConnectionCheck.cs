namespace VmStats;

/// <summary>How one link of a connection fared.</summary>
public enum VmStatsConnectionCheckResult
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>It holds, but something about it wants attention: data is old, a table isn't there yet.</summary>
    Warning,

    /// <summary>It is broken: what comes after it can't work.</summary>
    Failed,

    /// <summary>Not tried, since a link before it is broken or the store has no such link.</summary>
    Skipped,
}

/// <summary>One link of the chain from this process to the data, and how it fared.</summary>
public sealed record VmStatsConnectionCheck
{
    /// <summary>The link: Proxy (where one leads to the server), Name resolution, TCP, TLS, Server, Authentication, Database, Schema, Freshness, Clock or, of InfluxDB 3, Caches.</summary>
    public required string Link { get; init; }

    /// <summary>How it fared.</summary>
    public required VmStatsConnectionCheckResult Result { get; init; }

    /// <summary>What was found.</summary>
    public required string Detail { get; init; }

    /// <summary>How to fix it; null where nothing is broken.</summary>
    public string? Remedy { get; init; }

    /// <summary>How long it took; null where it wasn't tried.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Link and result.</summary>
    public override string ToString() => $"{Link}: {Result}";
}
