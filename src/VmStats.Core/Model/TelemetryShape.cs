namespace VmStats;

/// <summary>How telemetry is laid out in objects.</summary>
public enum TelemetryShape
{
    /// <summary>One object a sample or bucket, with a property per metric.</summary>
    Wide,

    /// <summary>One object a metric, with its name, value, unit and instance.</summary>
    Sample,
}
