namespace VmStats;

/// <summary>The function that aggregates the samples of a bucket.</summary>
public enum TelemetryRollup
{
    /// <summary>Arithmetic mean of the samples.</summary>
    Average,

    /// <summary>Minimum.</summary>
    Minimum,

    /// <summary>Maximum.</summary>
    Maximum,

    /// <summary>Sum of the samples; for a counter, its increase within the bucket.</summary>
    Sum,

    /// <summary>Newest sample.</summary>
    Last,

    /// <summary>Median, nearest rank over the samples.</summary>
    P50,

    /// <summary>90th percentile, nearest rank.</summary>
    P90,

    /// <summary>95th percentile, nearest rank.</summary>
    P95,

    /// <summary>99th percentile, nearest rank.</summary>
    P99,
}
