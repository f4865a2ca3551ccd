namespace VmStats;

/// <summary>How a metric is computed from stored fields.</summary>
internal enum MetricFormula
{
    /// <summary>The field, multiplied by the scale.</summary>
    Value,

    /// <summary>The increase per second, multiplied by the scale.</summary>
    PerSecond,

    /// <summary>The increase of a CPU time divided by the wall time of all vCPUs, in percent.</summary>
    CpuShare,

    /// <summary>The field minus the other field, in percent of the field.</summary>
    UsedShare,

    /// <summary>The increase of the field divided by that of the other field, multiplied by the scale.</summary>
    PerOther,
}
