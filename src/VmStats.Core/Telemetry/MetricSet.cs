namespace VmStats.Telemetry;

/// <summary>The metrics of one measurement and the fields that they stand on; filled once by the table of that measurement.</summary>
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

    /// <summary>The stored fields, each once; a metric's slots are places in it.</summary>
    public IReadOnlyList<string> Fields => _fields;

    /// <summary>The slots of fields that only grow: one that went back is a reset.</summary>
    public IReadOnlyList<int> CounterSlots => _counterSlots;

    /// <summary>A level.</summary>
    public VmTelemetryMetric Gauge(
        VmTelemetryMetricSubject subject, string name, string field, string unit, string source, string meaning, double scale = 1) =>
        Add(new VmTelemetryMetric(name)
        {
            AppliesTo = subject,
            Unit = unit,
            Kind = VmTelemetryMetricKind.Gauge,
            Meaning = meaning,
            Source = source,
            Measurement = Measurement,
            Field = field,
            Scale = scale,
            Slot = SlotOf(field),
            Index = _metrics.Count,
        });

    /// <summary>A counter.</summary>
    public VmTelemetryMetric Counter(
        VmTelemetryMetricSubject subject, string name, string field, string unit, string source, string meaning, double scale = 1)
    {
        _counterSlots.Add(SlotOf(field));
        return Add(new VmTelemetryMetric(name)
        {
            AppliesTo = subject,
            Unit = unit,
            Kind = VmTelemetryMetricKind.Counter,
            Meaning = meaning,
            Source = source,
            Measurement = Measurement,
            Field = field,
            Scale = scale,
            Slot = SlotOf(field),
            Index = _metrics.Count,
        });
    }

    /// <summary>The growth per second of a counter.</summary>
    public VmTelemetryMetric PerSecond(VmTelemetryMetric counter) =>
        Add(Derived(counter, counter.Name + "PerSecond", MetricFormula.PerSecond) with
        {
            Unit = counter.Unit == "count" ? "1/s" : counter.Unit + "/s",
            Kind = VmTelemetryMetricKind.Rate,
            Source = $"growth of {counter.Field} per second",
            Meaning = $"Per second since the sample before: {char.ToLowerInvariant(counter.Meaning[0])}{counter.Meaning[1..]}",
            Scale = counter.Scale,
        });

    /// <summary>The share that a counter of CPU time has in the wall time of all vCPUs.</summary>
    public VmTelemetryMetric CpuShare(VmTelemetryMetric counter, string name, string meaning) =>
        Add(Derived(counter, name, MetricFormula.CpuShare) with
        {
            Unit = "%",
            Kind = VmTelemetryMetricKind.Ratio,
            Source = $"growth of {counter.Field} / (wall time × cpus) × 100",
            Meaning = meaning,
            OtherSlot = SlotOf("cpus"),
        });

    /// <summary>The part of a level that another level leaves.</summary>
    public VmTelemetryMetric UsedShare(VmTelemetryMetric whole, VmTelemetryMetric free, string name, string meaning) =>
        Add(Derived(whole, name, MetricFormula.UsedShare) with
        {
            Unit = "%",
            Kind = VmTelemetryMetricKind.Ratio,
            Source = $"({whole.Field} - {free.Field}) / {whole.Field} × 100",
            Meaning = meaning,
            OtherSlot = free.Slot,
        });

    /// <summary>The time that one request took, in milliseconds.</summary>
    public VmTelemetryMetric Latency(VmTelemetryMetric time, VmTelemetryMetric requests, string name, string meaning) =>
        Add(Derived(time, name, MetricFormula.PerOther) with
        {
            Unit = "ms",
            Kind = VmTelemetryMetricKind.Ratio,
            Source = $"growth of {time.Field} / growth of {requests.Field}",
            Meaning = meaning,
            Scale = 1e-6,
            OtherSlot = requests.Slot,
        });

    /// <summary>The metric of a name, whatever its case; null when there is none.</summary>
    public VmTelemetryMetric? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The metric of a name, whatever its case.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public VmTelemetryMetric Require(string name) =>
        Find(name) ?? throw new ArgumentException($"There is no metric '{name}' in {Measurement}.", nameof(name));

    private static DerivedMetric Derived(VmTelemetryMetric from, string name, MetricFormula formula) => new()
    {
        From = from,
        Name = name,
        Formula = formula,
        Unit = from.Unit,
        Kind = from.Kind,
        Source = from.Source,
        Meaning = from.Meaning,
    };

    private VmTelemetryMetric Add(DerivedMetric derived) => Add(new VmTelemetryMetric(derived.Name)
    {
        AppliesTo = derived.From.AppliesTo,
        Unit = derived.Unit,
        Kind = derived.Kind,
        Meaning = derived.Meaning,
        Source = derived.Source,
        Measurement = Measurement,
        Field = derived.From.Field,
        Scale = derived.Scale,
        Formula = derived.Formula,
        Slot = derived.From.Slot,
        OtherSlot = derived.OtherSlot,
        Index = _metrics.Count,
    });

    private VmTelemetryMetric Add(VmTelemetryMetric metric)
    {
        _byName.Add(metric.Name, metric);
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

    private sealed record DerivedMetric
    {
        public required VmTelemetryMetric From { get; init; }

        public required string Name { get; init; }

        public required MetricFormula Formula { get; init; }

        public required string Unit { get; init; }

        public required VmTelemetryMetricKind Kind { get; init; }

        public required string Source { get; init; }

        public required string Meaning { get; init; }

        public double Scale { get; init; } = 1;

        public int OtherSlot { get; init; } = -1;
    }
}
