namespace VmStats.Telemetry.Rollups;

/// <summary>Aggregates the values of one metric in one bucket. The instance is reused for the next bucket.</summary>
internal sealed class MetricAggregator(VmTelemetryMetric metric, TelemetryRollup rollup)
{
    private readonly int? _percent = Percentile.Of(rollup);
    private readonly List<double> _values = [];
    private double _value;
    private int _count;

    public VmTelemetryMetric Metric => metric;

    /// <summary>The value so far; NaN when no sample has the metric.</summary>
    public double Result
    {
        get
        {
            if (_count == 0)
            {
                return double.NaN;
            }

            if (_percent is int percent)
            {
                _values.Sort();
                return _values[(int)Percentile.Rank(percent, _values.Count)];
            }

            return rollup == TelemetryRollup.Average ? _value / _count : _value;
        }
    }

    public void Clear()
    {
        _values.Clear();
        _value = 0;
        _count = 0;
    }

    public void Add(in SampleData sample)
    {
        double? found = rollup == TelemetryRollup.Sum && metric.Kind == VmTelemetryMetricKind.Counter ? sample.GetGrowth(metric) : sample.Get(metric);
        if (found is not double value)
        {
            return;
        }

        _count++;
        if (_percent is not null)
        {
            _values.Add(value);
            return;
        }

        _value = rollup switch
        {
            TelemetryRollup.Minimum => _count == 1 ? value : Math.Min(_value, value),
            TelemetryRollup.Maximum => _count == 1 ? value : Math.Max(_value, value),
            TelemetryRollup.Last => value,
            _ => _value + value,
        };
    }
}
