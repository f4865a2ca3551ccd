using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry.Rollups;

/// <summary>A series and the value that it is ranked by.</summary>
/// <param name="Key">The series.</param>
/// <param name="Name">The VM's name.</param>
/// <param name="Value">The value.</param>
internal sealed record RankedSeries(SeriesKey Key, string? Name, double Value);

/// <summary>
/// Ranks series by a metric over a range. If possible, the store computes the values and returns a row per series:
/// gauges, rates and shares of CPU time, by any roll-up except percentiles and the sum of a counter. Everything else is
/// computed here from the one or two columns that the metric needs, as are series for which the store's value may be wrong.
/// </summary>
/// <remarks>
/// Both ways give the same values, except for rounding, and for samples that lack a counter which their neighbours have:
/// the store computes a rate across such a sample, while here its rate is absent.
/// </remarks>
internal sealed class SeriesRanker(SeriesReader reader, SeriesRequest request, TimeRange range, VmTelemetryMetric metric, TelemetryRollup rollup)
{
    private const string Value = "vmstats value";
    private const string Count = "vmstats count";
    private const string Minimum = "vmstats minimum";
    private const string Maximum = "vmstats maximum";

    // Rates are grouped by the VM's run-time id, too: counters start again with each run, so there is no rate across runs.
    private static readonly string[] s_run = [TagVocabulary.VmIdColumn];

    private readonly SeriesRequest _request = request with { Metrics = [metric] };
    private readonly string _field = request.Set.Fields[metric.Slot];
    private readonly Dictionary<SeriesKey, GroupTotals> _series = [];
    private readonly HashSet<SeriesKey> _toFold = [];

    // The function that the store computes; null if it has none. A sum is computed from the average, since a sum of 64-bit integers may overflow.
    private AggregateFunction? Function => rollup switch
    {
        TelemetryRollup.Average => AggregateFunction.Average,
        TelemetryRollup.Sum when metric.Kind != VmTelemetryMetricKind.Counter => AggregateFunction.Average,
        TelemetryRollup.Minimum => AggregateFunction.Minimum,
        TelemetryRollup.Maximum => AggregateFunction.Maximum,
        TelemetryRollup.Last => AggregateFunction.Last,
        _ => null,
    };

    /// <summary>Returns the series that have a value, in descending order; series of equal values are in their usual order.</summary>
    public async ValueTask<IReadOnlyList<RankedSeries>> RankAsync(CancellationToken cancellationToken)
    {
        SeriesRequest? rest = await ComputeAsync(cancellationToken).ConfigureAwait(false);
        IEnumerable<RankedSeries> computed = _series
            .Where(series => !_toFold.Contains(series.Key))
            .Select(series => new RankedSeries(series.Key, series.Value.Name, series.Value.Result(rollup)));
        IReadOnlyList<RankedSeries> folded = rest is null ? [] : await FoldAsync(rest, cancellationToken).ConfigureAwait(false);
        return computed.Concat(folded)
            .InSeriesOrder(series => series.Name, series => series.Key)
            .OrderByDescending(series => series.Value)
            .ToArray();
    }

    // Lets the store compute what it can; returns a request for the remaining series, or null.
    private async Task<SeriesRequest?> ComputeAsync(CancellationToken cancellationToken)
    {
        switch (metric.Formula)
        {
            case MetricFormula.Value when Function is { } function:
                await ReadLevelsAsync(function, cancellationToken).ConfigureAwait(false);
                break;
            case MetricFormula.PerSecond or MetricFormula.CpuShare when Function is { } function:
                await ReadRatesAsync(function, cancellationToken).ConfigureAwait(false);
                break;
            default:
                return _request;
        }

        return _toFold.Count == 0 ? null : _request.Narrow(_toFold.Select(key => (key, _series[key].Name)).ToArray());
    }

    private async Task ReadLevelsAsync(AggregateFunction function, CancellationToken cancellationToken)
    {
        Aggregation levels = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count), new(AggregateFunction.Minimum, _field, Minimum), new(AggregateFunction.Maximum, _field, Maximum)], []);
        foreach (SeriesAggregates figures in await ListAsync(levels, cancellationToken).ConfigureAwait(false))
        {
            // Negative or impossibly large values mean "not reported" by libvirt, but the store has included them.
            Add(figures, isComplete: figures.Row[Minimum].AsDouble() >= 0 && figures.Row[Maximum].AsDouble() * metric.Scale < SampleData.TooLarge, metric.Scale);
        }
    }

    private async Task ReadRatesAsync(AggregateFunction function, CancellationToken cancellationToken)
    {
        // Both queries run in parallel, since they are independent.
        Task<Dictionary<Run, double?>> counting = ReadCpusAsync(cancellationToken);
        Aggregation rates = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count)], s_run) { Rates = new CounterRates(_field, 0) };
        Task<List<SeriesAggregates>> reading = ListAsync(rates, cancellationToken);
        await Task.WhenAll(counting, reading).ConfigureAwait(false);
        Dictionary<Run, double?> cpus = await counting.ConfigureAwait(false);
        HashSet<Run> seen = [];
        foreach (SeriesAggregates figures in await reading.ConfigureAwait(false))
        {
            // The value is incomplete if a run has two groups (the VM was renamed, and the rate between them is in neither), or if its vCPUs changed.
            Run run = Run.Of(figures);
            bool isComplete = seen.Add(run);
            double scale = metric.Scale;
            if (metric.Formula == MetricFormula.CpuShare)
            {
                double? count = cpus.GetValueOrDefault(run);
                isComplete &= count is not null;
                scale = 100.0 / UnixTime.NanosecondsPerSecond / (count ?? 1);
            }

            Add(figures, isComplete, scale);
        }
    }

    // Returns the number of vCPUs of each run; null if it changed.
    private async Task<Dictionary<Run, double?>> ReadCpusAsync(CancellationToken cancellationToken)
    {
        Dictionary<Run, double?> cpus = [];
        if (metric.Formula == MetricFormula.CpuShare)
        {
            string field = _request.Set.Fields[metric.OtherSlot];
            Aggregation levels = new([new(AggregateFunction.Minimum, field, Minimum), new(AggregateFunction.Maximum, field, Maximum)], s_run);
            foreach (SeriesAggregates figures in await ListAsync(levels, cancellationToken).ConfigureAwait(false))
            {
                double? minimum = figures.Row[Minimum].AsDouble();
                cpus[Run.Of(figures)] = minimum > 0 && minimum == figures.Row[Maximum].AsDouble() ? minimum : null;
            }
        }

        return cpus;
    }

    private async Task<List<SeriesAggregates>> ListAsync(Aggregation aggregation, CancellationToken cancellationToken)
    {
        List<SeriesAggregates> all = [];
        await foreach (SeriesAggregates figures in reader.ReadAggregatesAsync(_request, range, aggregation, cancellationToken).ConfigureAwait(false))
        {
            all.Add(figures);
        }

        return all;
    }

    private void Add(SeriesAggregates figures, bool isComplete, double scale)
    {
        long count = figures.Row[Count].AsInt64() ?? 0;
        if (count == 0 || figures.Row[Value].AsDouble() is not double value)
        {
            return;
        }

        bool isFirst = !_series.TryGetValue(figures.Key, out GroupTotals? totals);
        if (isFirst)
        {
            _series.Add(figures.Key, totals = new GroupTotals(figures.Name));
        }

        // The result doesn't show which of several groups has the last value.
        if (!isComplete || (!isFirst && rollup == TelemetryRollup.Last))
        {
            _toFold.Add(figures.Key);
        }

        totals!.Add(value * scale, count);
    }

    private async ValueTask<IReadOnlyList<RankedSeries>> FoldAsync(SeriesRequest rest, CancellationToken cancellationToken)
    {
        Dictionary<SeriesKey, (MetricAggregator Fold, string? Name)> folds = [];
        await foreach ((SeriesState series, SampleData sample) in reader.ReadRangeAsync(rest, range, cancellationToken).ConfigureAwait(false))
        {
            if (!folds.TryGetValue(series.Key, out (MetricAggregator Fold, string? Name) entry))
            {
                folds.Add(series.Key, entry = (new MetricAggregator(metric, rollup), sample.Name));
            }

            entry.Fold.Add(sample);
        }

        return folds
            .Select(fold => new RankedSeries(fold.Key, fold.Value.Name, fold.Value.Fold.Result))
            .Where(series => !double.IsNaN(series.Value))
            .ToArray();
    }

    /// <summary>A series during one run of its VM.</summary>
    private readonly record struct Run(SeriesKey Key, string? VmId)
    {
        public static Run Of(SeriesAggregates figures) => new(figures.Key, figures.Row[TagVocabulary.VmIdColumn].ToText());
    }

    /// <summary>Combines the values of a series' groups.</summary>
    private sealed class GroupTotals(string? name)
    {
        private long _count;
        private double _sum;
        private double _last;
        private double _minimum = double.PositiveInfinity;
        private double _maximum = double.NegativeInfinity;

        public string? Name => name;

        public void Add(double value, long count)
        {
            _count += count;
            _sum += value * count;
            _last = value;
            _minimum = Math.Min(_minimum, value);
            _maximum = Math.Max(_maximum, value);
        }

        public double Result(TelemetryRollup rollup) => rollup switch
        {
            TelemetryRollup.Average => _sum / _count,
            TelemetryRollup.Sum => _sum,
            TelemetryRollup.Minimum => _minimum,
            TelemetryRollup.Maximum => _maximum,
            _ => _last,
        };
    }
}
