namespace VmStats;

/// <summary>The kind of a metric.</summary>
public enum VmTelemetryMetricKind
{
    /// <summary>A total that only increases while the VM is running.</summary>
    Counter,

    /// <summary>A value at the time of the sample.</summary>
    Gauge,

    /// <summary>Increase of a counter per second since the previous sample.</summary>
    Rate,

    /// <summary>A quotient of other values, such as a percentage.</summary>
    Ratio,
}

/// <summary>The subject of a metric.</summary>
public enum VmTelemetryMetricSubject
{
    /// <summary>A VM as a whole.</summary>
    Vm,

    /// <summary>One network interface.</summary>
    Nic,

    /// <summary>One disk.</summary>
    Disk,
}

/// <summary>A metric of the catalogue: the property with this name of <see cref="VmTelemetry"/> or <see cref="VmDeviceTelemetry"/>.</summary>
public sealed class VmTelemetryMetric
{
    internal VmTelemetryMetric(string name)
    {
        Name = name;
    }

    /// <summary>The property's name, such as <c>CpuPercent</c>.</summary>
    public string Name { get; }

    /// <summary>The subject: a VM, a NIC or a disk.</summary>
    public required VmTelemetryMetricSubject AppliesTo { get; init; }

    /// <summary>Unit of the value: bytes, bytes/s, %, ns, ms, count, 1/s.</summary>
    public required string Unit { get; init; }

    /// <summary>The kind: counter, gauge, rate or ratio.</summary>
    public required VmTelemetryMetricKind Kind { get; init; }

    /// <summary>The meaning, in one sentence.</summary>
    public required string Meaning { get; init; }

    /// <summary>libvirt's statistics key, such as <c>balloon.rss</c>, or the formula.</summary>
    public required string Source { get; init; }

    /// <summary>The measurement that contains its field.</summary>
    public required string Measurement { get; init; }

    /// <summary>The stored field from which it is read or computed.</summary>
    public required string Field { get; init; }

    /// <summary>The factor for the stored number: 1024 if the field is in KiB and the metric in bytes.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>How the value is computed from the stored fields.</summary>
    internal MetricFormula Formula { get; init; }

    /// <summary>Its index among the metrics of its measurement.</summary>
    internal int Index { get; init; }

    /// <summary>The index of <see cref="Field"/> among the fields of its measurement.</summary>
    internal int Slot { get; init; }

    /// <summary>The index of the second field of a ratio; -1 if there is none.</summary>
    internal int OtherSlot { get; init; } = -1;

    /// <summary>The metric's name.</summary>
    public override string ToString() => Name;
}
