using VmStats.Points;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry.Rollups;

/// <summary>Computes the statistics of a series' metrics.</summary>
internal sealed class StatisticsAggregator(SeriesKey key, IReadOnlyList<VmTelemetryMetric> metrics)
{
    private readonly MetricStatistics?[] _statistics = new MetricStatistics?[metrics.Count];

    public SeriesKey Key { get; } = key;

    /// <summary>The VM's name in its newest sample.</summary>
    public string Name { get; private set; } = "";

    public void Add(in SampleData sample)
    {
        Name = sample.Name ?? Key.Vm.Name ?? "";
        for (int i = 0; i < metrics.Count; i++)
        {
            if (sample.Get(metrics[i]) is double value)
            {
                (_statistics[i] ??= new MetricStatistics()).Add(value, sample.Time);
            }
        }
    }

    /// <summary>Returns the statistics of the metrics that have any value, in the order of the metrics.</summary>
    public IEnumerable<VmTelemetryStatistics> Results()
    {
        for (int i = 0; i < metrics.Count; i++)
        {
            if (_statistics[i] is { } statistics)
            {
                yield return statistics.ToStatistics(this, metrics[i]);
            }
        }
    }

    private sealed class MetricStatistics
    {
        private readonly ValueSketch _sketch = new();
        private double _mean;
        private long _first = long.MaxValue;
        private long _last = long.MinValue;

        public void Add(double value, long time)
        {
            _sketch.Add(value);

            // A running mean, since a sum of 64-bit counters would lose precision.
            _mean += (value - _mean) / _sketch.Count;
            _first = Math.Min(_first, time);
            _last = Math.Max(_last, time);
        }

        public VmTelemetryStatistics ToStatistics(StatisticsAggregator series, VmTelemetryMetric metric) => new()
        {
            Name = series.Name,
            Uuid = series.Key.Vm.Uuid,
            Instance = series.Key.Device ?? "",
            Metric = metric.Name,
            Unit = metric.Unit,
            Count = _sketch.Count,
            Average = _mean,
            Minimum = _sketch.Minimum,
            Maximum = _sketch.Maximum,
            P50 = _sketch.Percentile(50),
            P90 = _sketch.Percentile(90),
            P95 = _sketch.Percentile(95),
            P99 = _sketch.Percentile(99),
            PercentileError = _sketch.IsExact ? 0 : ValueSketch.RelativeError,
            FirstUtc = UnixTime.FromNanoseconds(_first).UtcDateTime,
            LastUtc = UnixTime.FromNanoseconds(_last).UtcDateTime,
        };
    }
}
