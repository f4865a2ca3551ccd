namespace VmStats;

/// <summary>
/// Statistics of one metric of a VM over a range. Percentiles are by nearest rank: exact up to 4,096
/// samples, beyond that with a relative error of at most <see cref="PercentileError"/>.
/// </summary>
public sealed record VmTelemetryStatistics
{
    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>The device; empty for the VM as a whole.</summary>
    public string Instance { get; init; } = "";

    /// <summary>The metric's name.</summary>
    public required string Metric { get; init; }

    /// <summary>The unit of all values.</summary>
    public required string Unit { get; init; }

    /// <summary>Number of samples that have the metric.</summary>
    public long Count { get; init; }

    /// <summary>Arithmetic mean.</summary>
    public double Average { get; init; }

    /// <summary>Minimum.</summary>
    public double Minimum { get; init; }

    /// <summary>Maximum.</summary>
    public double Maximum { get; init; }

    /// <summary>Median.</summary>
    public double P50 { get; init; }

    /// <summary>90th percentile.</summary>
    public double P90 { get; init; }

    /// <summary>95th percentile.</summary>
    public double P95 { get; init; }

    /// <summary>99th percentile.</summary>
    public double P99 { get; init; }

    /// <summary>Maximum relative error of the percentiles: 0 if they are exact, otherwise 0.005.</summary>
    public double PercentileError { get; init; }

    /// <summary>Time of the first sample, local.</summary>
    public DateTime First => FirstUtc.ToLocalTime();

    /// <summary><see cref="First"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime FirstUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>Time of the last sample, local.</summary>
    public DateTime Last => LastUtc.ToLocalTime();

    /// <summary><see cref="Last"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime LastUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>The VM's name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
