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
/// Ranks series by a metric over a range. The store computes what it can where the data is, and gives a row per series:
/// levels, rates and shares of CPU time, by any roll-up but percentiles and the sum of a counter. All else is folded here
/// from the one or two columns that the metric stands on; so is a series of which the store's figure isn't the whole truth.
/// </summary>
/// <remarks>
/// The two ways give the same values, but for rounding, and where single samples lack a counter that those around them have:
/// the store's rate goes over them, a sample's is then absent.
/// </remarks>
internal sealed class SeriesRanker(SeriesReader reader, SeriesRequest request, TimeRange range, VmTelemetryMetric metric, TelemetryRollup rollup)
{
    private const string Value = "vmstats value";
    private const string Count = "vmstats count";
    private const string Least = "vmstats least";
    private const string Most = "vmstats most";

    // By the id of the run, too: from one run of a VM to the next, nothing has grown.
    private static readonly string[] s_run = [TagVocabulary.VmIdColumn];

    private readonly SeriesRequest _request = request with { Metrics = [metric] };
    private readonly string _field = request.Set.Fields[metric.Slot];
    private readonly Dictionary<SeriesKey, Parts> _series = [];
    private readonly HashSet<SeriesKey> _toFold = [];

    // What a store is asked for; null where it has nothing. A sum is made of the average, since one of 64-bit numbers may wrap.
    private AggregateFunction? Function => rollup switch
    {
        TelemetryRollup.Average => AggregateFunction.Average,
        TelemetryRollup.Sum when metric.Kind != VmTelemetryMetricKind.Counter => AggregateFunction.Average,
        TelemetryRollup.Minimum => AggregateFunction.Minimum,
        TelemetryRollup.Maximum => AggregateFunction.Maximum,
        TelemetryRollup.Last => AggregateFunction.Last,
        _ => null,
    };

    /// <summary>The series that have a value, greatest first; those of one value in their usual order.</summary>
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

    // Has the store compute what it can; gives what is left to be folded, or null.
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
        Aggregation levels = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count), new(AggregateFunction.Minimum, _field, Least), new(AggregateFunction.Maximum, _field, Most)], []);
        foreach (SeriesFigures figures in await ListAsync(levels, cancellationToken).ConfigureAwait(false))
        {
            // A negative level is libvirt's "not reported", and so is one that no number of bytes can be; the store has counted them in.
            Add(figures, isWhole: figures.Row[Least].AsDouble() >= 0 && figures.Row[Most].AsDouble() * metric.Scale < SampleData.TooLarge, metric.Scale);
        }
    }

    private async Task ReadRatesAsync(AggregateFunction function, CancellationToken cancellationToken)
    {
        // Asked at once: neither needs the other, and a server has cores.
        Task<Dictionary<Run, double?>> counting = ReadCpusAsync(cancellationToken);
        Aggregation rates = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count)], s_run) { Rates = new CounterRates(_field, 0) };
        Task<List<SeriesFigures>> reading = ListAsync(rates, cancellationToken);
        await Task.WhenAll(counting, reading).ConfigureAwait(false);
        Dictionary<Run, double?> cpus = await counting.ConfigureAwait(false);
        HashSet<Run> seen = [];
        foreach (SeriesFigures figures in await reading.ConfigureAwait(false))
        {
            // Two groups of one run: the VM was renamed, and the rate between them is in neither. Or its vCPUs changed.
            Run run = Run.Of(figures);
            bool isWhole = seen.Add(run);
            double scale = metric.Scale;
            if (metric.Formula == MetricFormula.CpuShare)
            {
                double? count = cpus.GetValueOrDefault(run);
                isWhole &= count is not null;
                scale = 100.0 / UnixTime.NanosecondsPerSecond / (count ?? 1);
            }

            Add(figures, isWhole, scale);
        }
    }

    // The number of vCPUs of each run; null where it changed.
    private async Task<Dictionary<Run, double?>> ReadCpusAsync(CancellationToken cancellationToken)
    {
        Dictionary<Run, double?> cpus = [];
        if (metric.Formula == MetricFormula.CpuShare)
        {
            string field = _request.Set.Fields[metric.OtherSlot];
            Aggregation levels = new([new(AggregateFunction.Minimum, field, Least), new(AggregateFunction.Maximum, field, Most)], s_run);
            foreach (SeriesFigures figures in await ListAsync(levels, cancellationToken).ConfigureAwait(false))
            {
                double? least = figures.Row[Least].AsDouble();
                cpus[Run.Of(figures)] = least > 0 && least == figures.Row[Most].AsDouble() ? least : null;
            }
        }

        return cpus;
    }

    private async Task<List<SeriesFigures>> ListAsync(Aggregation aggregation, CancellationToken cancellationToken)
    {
        List<SeriesFigures> all = [];
        await foreach (SeriesFigures figures in reader.ReadFiguresAsync(_request, range, aggregation, cancellationToken).ConfigureAwait(false))
        {
            all.Add(figures);
        }

        return all;
    }

    private void Add(SeriesFigures figures, bool isWhole, double scale)
    {
        long count = figures.Row[Count].AsInt64() ?? 0;
        if (count == 0 || figures.Row[Value].AsDouble() is not double value)
        {
            return;
        }

        bool isFirst = !_series.TryGetValue(figures.Key, out Parts? parts);
        if (isFirst)
        {
            _series.Add(figures.Key, parts = new Parts(figures.Name));
        }

        // Which of several groups has the last value, the store doesn't tell.
        if (!isWhole || (!isFirst && rollup == TelemetryRollup.Last))
        {
            _toFold.Add(figures.Key);
        }

        parts!.Add(value * scale, count);
    }

    private async ValueTask<IReadOnlyList<RankedSeries>> FoldAsync(SeriesRequest rest, CancellationToken cancellationToken)
    {
        Dictionary<SeriesKey, (MetricFold Fold, string? Name)> folds = [];
        await foreach ((SeriesState series, SampleData sample) in reader.ReadRangeAsync(rest, range, cancellationToken).ConfigureAwait(false))
        {
            if (!folds.TryGetValue(series.Key, out (MetricFold Fold, string? Name) entry))
            {
                folds.Add(series.Key, entry = (new MetricFold(metric, rollup), sample.Name));
            }

            entry.Fold.Add(sample);
        }

        return folds
            .Select(fold => new RankedSeries(fold.Key, fold.Value.Name, fold.Value.Fold.Result))
            .Where(series => !double.IsNaN(series.Value))
            .ToArray();
    }

    /// <summary>A series while a VM runs.</summary>
    private readonly record struct Run(SeriesKey Key, string? VmId)
    {
        public static Run Of(SeriesFigures figures) => new(figures.Key, figures.Row[TagVocabulary.VmIdColumn].ToText());
    }

    /// <summary>The figures of a series' groups, made one.</summary>
    private sealed class Parts(string? name)
    {
        private long _count;
        private double _sum;
        private double _last;
        private double _least = double.PositiveInfinity;
        private double _most = double.NegativeInfinity;

        public string? Name => name;

        public void Add(double value, long count)
        {
            _count += count;
            _sum += value * count;
            _last = value;
            _least = Math.Min(_least, value);
            _most = Math.Max(_most, value);
        }

        public double Result(TelemetryRollup rollup) => rollup switch
        {
            TelemetryRollup.Average => _sum / _count,
            TelemetryRollup.Sum => _sum,
            TelemetryRollup.Minimum => _least,
            TelemetryRollup.Maximum => _most,
            _ => _last,
        };
    }
}
