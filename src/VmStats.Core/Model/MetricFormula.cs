namespace VmStats;

/// <summary>How a metric is had from stored fields.</summary>
internal enum MetricFormula
{
    /// <summary>The field times the scale.</summary>
    Value,

    /// <summary>Growth per second times the scale.</summary>
    PerSecond,

    /// <summary>Growth of a time over the wall time of all vCPUs, in percent.</summary>
    CpuShare,

    /// <summary>The part of the field that the other field leaves, in percent.</summary>
    UsedShare,

    /// <summary>Growth of the field over growth of the other, times the scale.</summary>
    PerOther,
}
