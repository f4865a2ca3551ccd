namespace VmStats;

/// <summary>What a metric's numbers are.</summary>
public enum VmTelemetryMetricKind
{
    /// <summary>Only grows while the VM runs.</summary>
    Counter,

    /// <summary>A level at the moment of the sample.</summary>
    Gauge,

    /// <summary>Growth of a counter per second since the previous sample.</summary>
    Rate,

    /// <summary>A quotient of others, such as a share in percent.</summary>
    Ratio,
}

/// <summary>What a metric describes.</summary>
public enum VmTelemetryMetricSubject
{
    /// <summary>A VM as a whole.</summary>
    Vm,

    /// <summary>One network interface.</summary>
    Nic,

    /// <summary>One disk.</summary>
    Disk,
}

/// <summary>One metric of the catalogue: the property of that name of <see cref="VmTelemetry"/> or <see cref="VmDeviceTelemetry"/>.</summary>
public sealed class VmTelemetryMetric
{
    internal VmTelemetryMetric(string name)
    {
        Name = name;
    }

    /// <summary>The property's name, such as <c>CpuPercent</c>.</summary>
    public string Name { get; }

    /// <summary>What it describes: a VM, a NIC or a disk.</summary>
    public required VmTelemetryMetricSubject AppliesTo { get; init; }

    /// <summary>Unit of the value: bytes, bytes/s, %, ns, ms, count, 1/s.</summary>
    public required string Unit { get; init; }

    /// <summary>What its numbers are.</summary>
    public required VmTelemetryMetricKind Kind { get; init; }

    /// <summary>What it tells, in one sentence.</summary>
    public required string Meaning { get; init; }

    /// <summary>libvirt's key, such as <c>balloon.rss</c>, or the formula.</summary>
    public required string Source { get; init; }

    /// <summary>The measurement that holds its field.</summary>
    public required string Measurement { get; init; }

    /// <summary>The stored field that it is read or computed from.</summary>
    public required string Field { get; init; }

    /// <summary>What the stored number is multiplied by: 1024 where the store has KiB and the metric bytes.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>How the value is had from the stored fields.</summary>
    internal MetricFormula Formula { get; init; }

    /// <summary>Its place among the metrics of its measurement.</summary>
    internal int Index { get; init; }

    /// <summary>The place of <see cref="Field"/> among the fields of its measurement.</summary>
    internal int Slot { get; init; }

    /// <summary>The place of the field that the first is divided by or compared with; -1 where there is none.</summary>
    internal int OtherSlot { get; init; } = -1;

    /// <summary>The metric's name.</summary>
    public override string ToString() => Name;
}
