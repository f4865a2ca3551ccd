namespace VmStats;

/// <summary>What stands for a bucket without samples, between a VM's first bucket and the end of the range.</summary>
public enum TelemetryFill
{
    /// <summary>Nothing: the bucket is left out.</summary>
    None,

    /// <summary>An object without values.</summary>
    Null,

    /// <summary>The values of the bucket before.</summary>
    Previous,

    /// <summary>Values on the straight line between the buckets on both sides; none after the last.</summary>
    Linear,
}
