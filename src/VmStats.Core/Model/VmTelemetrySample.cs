namespace VmStats;

/// <summary>One metric of a VM or one of its devices at one time: the long form, with one object per value.</summary>
public sealed record VmTelemetrySample
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>Time of the sample; for a roll-up, the bucket's start. Local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime TimeUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>The metric's name.</summary>
    public required string Metric { get; init; }

    /// <summary>The value in <see cref="Unit"/>; null for a bucket without samples.</summary>
    public double? Value { get; init; }

    /// <summary>The unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The device; empty for the VM as a whole.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Time since the previous sample, or the bucket's width; null for a first sample.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The quality of the sample.</summary>
    public TelemetryQuality Quality { get; init; }

    /// <summary>The VM's name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
