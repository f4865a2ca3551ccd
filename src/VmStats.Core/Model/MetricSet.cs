namespace VmStats;

/// <summary>
/// The metrics of one measurement and the fields that they are computed from; filled by the static initializers of
/// <see cref="VmMetrics"/> or <see cref="DeviceMetrics"/>.
/// </summary>
internal sealed class MetricSet(string measurement)
{
    private readonly List<VmTelemetryMetric> _metrics = [];
    private readonly Dictionary<string, VmTelemetryMetric> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _fields = [];
    private readonly List<int> _counterSlots = [];

    /// <summary>The measurement.</summary>
    public string Measurement { get; } = measurement;

    /// <summary>All metrics, in the order of the table.</summary>
    public IReadOnlyList<VmTelemetryMetric> Metrics => _metrics;

    /// <summary>The distinct stored fields; a metric's slots are indexes into this list.</summary>
    public IReadOnlyList<string> Fields => _fields;

    /// <summary>The slots of counters, which only increase: a decrease means a reset.</summary>
    public IReadOnlyList<int> CounterSlots => _counterSlots;

    /// <summary>Adds a gauge.</summary>
    public VmTelemetryMetric Gauge(
        VmTelemetryMetricSubject subject, string name, string field, string unit, string source, string meaning, double scale = 1) =>
        Add(name, subject, VmTelemetryMetricKind.Gauge, field, unit, source, meaning, scale);

    /// <summary>Adds a counter.</summary>
    public VmTelemetryMetric Counter(
        VmTelemetryMetricSubject subject, string name, string field, string unit, string source, string meaning, double scale = 1)
    {
        _counterSlots.Add(SlotOf(field));
        return Add(name, subject, VmTelemetryMetricKind.Counter, field, unit, source, meaning, scale);
    }

    /// <summary>Adds the rate per second of a counter.</summary>
    public VmTelemetryMetric PerSecond(VmTelemetryMetric counter) => Add(
        counter.Name + "PerSecond",
        counter.AppliesTo,
        VmTelemetryMetricKind.Rate,
        counter.Field,
        counter.Unit == "count" ? "1/s" : counter.Unit + "/s",
        $"growth of {counter.Field} per second",
        $"Per second since the previous sample: {char.ToLowerInvariant(counter.Meaning[0])}{counter.Meaning[1..]}",
        counter.Scale,
        MetricFormula.PerSecond);

    /// <summary>Adds the share of a CPU time counter in the wall time of all vCPUs.</summary>
    public VmTelemetryMetric CpuShare(VmTelemetryMetric counter, string name, string meaning) => Add(
        name,
        counter.AppliesTo,
        VmTelemetryMetricKind.Ratio,
        counter.Field,
        "%",
        $"growth of {counter.Field} / (wall time × cpus) × 100",
        meaning,
        formula: MetricFormula.CpuShare,
        otherField: "cpus");

    /// <summary>Adds the used part of a gauge, computed from the total and the free part.</summary>
    public VmTelemetryMetric UsedShare(VmTelemetryMetric whole, VmTelemetryMetric free, string name, string meaning) => Add(
        name,
        whole.AppliesTo,
        VmTelemetryMetricKind.Ratio,
        whole.Field,
        "%",
        $"({whole.Field} - {free.Field}) / {whole.Field} × 100",
        meaning,
        formula: MetricFormula.UsedShare,
        otherField: free.Field);

    /// <summary>Adds the average time of a request, in milliseconds.</summary>
    public VmTelemetryMetric Latency(VmTelemetryMetric time, VmTelemetryMetric requests, string name, string meaning) => Add(
        name,
        time.AppliesTo,
        VmTelemetryMetricKind.Ratio,
        time.Field,
        "ms",
        $"growth of {time.Field} / growth of {requests.Field}",
        meaning,
        1e-6,
        MetricFormula.PerOther,
        requests.Field);

    /// <summary>Returns the metric with a name, case-insensitive; null if there is none.</summary>
    public VmTelemetryMetric? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Returns the metric with a name, case-insensitive.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public VmTelemetryMetric Require(string name) =>
        Find(name) ?? throw new ArgumentException($"There is no metric '{name}' in {Measurement}.", nameof(name));

    private VmTelemetryMetric Add(
        string name,
        VmTelemetryMetricSubject subject,
        VmTelemetryMetricKind kind,
        string field,
        string unit,
        string source,
        string meaning,
        double scale = 1,
        MetricFormula formula = MetricFormula.Value,
        string? otherField = null)
    {
        VmTelemetryMetric metric = new(name)
        {
            AppliesTo = subject,
            Unit = unit,
            Kind = kind,
            Meaning = meaning,
            Source = source,
            Measurement = Measurement,
            Field = field,
            Scale = scale,
            Formula = formula,
            Slot = SlotOf(field),
            OtherSlot = otherField is null ? -1 : SlotOf(otherField),
            Index = _metrics.Count,
        };
        _byName.Add(name, metric);
        _metrics.Add(metric);
        return metric;
    }

    private int SlotOf(string field)
    {
        int slot = _fields.IndexOf(field);
        if (slot < 0)
        {
            slot = _fields.Count;
            _fields.Add(field);
        }

        return slot;
    }
}
