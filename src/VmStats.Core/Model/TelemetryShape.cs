namespace VmStats;

/// <summary>The layout of telemetry objects.</summary>
public enum TelemetryShape
{
    /// <summary>One object per sample or bucket, with a property for each metric.</summary>
    Wide,

    /// <summary>One object per metric, with its name, value, unit and instance.</summary>
    Sample,
}
