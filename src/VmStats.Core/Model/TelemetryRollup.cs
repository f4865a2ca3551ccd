namespace VmStats;

/// <summary>How the samples of a bucket become one value.</summary>
public enum TelemetryRollup
{
    /// <summary>Arithmetic mean of the samples.</summary>
    Average,

    /// <summary>Least sample.</summary>
    Minimum,

    /// <summary>Greatest sample.</summary>
    Maximum,

    /// <summary>Sum of the samples; of a counter, by how much it grew in the bucket.</summary>
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
