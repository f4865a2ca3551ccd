namespace VmStats;

/// <summary>How buckets without samples are filled, between a VM's first bucket and the end of the range.</summary>
public enum TelemetryFill
{
    /// <summary>Not at all: empty buckets are omitted.</summary>
    None,

    /// <summary>With an object without values.</summary>
    Null,

    /// <summary>With the values of the previous bucket.</summary>
    Previous,

    /// <summary>By linear interpolation between the buckets on both sides; without values after the last.</summary>
    Linear,
}
