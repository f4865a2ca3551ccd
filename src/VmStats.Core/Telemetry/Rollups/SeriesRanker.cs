using VmStats.Data;
using VmStats.Queries;

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
        bool isComputed = true;
        switch (metric.Formula)
        {
            case MetricFormula.Value when Function is { } function:
                await ReadLevelsAsync(function, cancellationToken).ConfigureAwait(false);
                break;
            case MetricFormula.PerSecond or MetricFormula.CpuShare when Function is { } function:
                await ReadRatesAsync(function, cancellationToken).ConfigureAwait(false);
                break;
            default:
                isComputed = false;
                break;
        }

        IEnumerable<RankedSeries> computed = _series
            .Where(series => !_toFold.Contains(series.Key))
            .Select(series => new RankedSeries(series.Key, series.Value.Name, series.Value.Result(rollup)));
        IReadOnlyList<RankedSeries> folded = isComputed && _toFold.Count == 0 ? [] : await FoldAsync(isComputed ? _toFold : null, cancellationToken).ConfigureAwait(false);
        return computed.Concat(folded)
            .InSeriesOrder(series => series.Name, series => series.Key)
            .OrderByDescending(series => series.Value)
            .ToArray();
    }

    private async Task ReadLevelsAsync(AggregateFunction function, CancellationToken cancellationToken)
    {
        Aggregation levels = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count), new(AggregateFunction.Minimum, _field, Least)], []);
        await foreach ((SeriesKey key, string? name, StoreRow row) in reader.ReadAggregatesAsync(_request, range, levels, cancellationToken).ConfigureAwait(false))
        {
            // A negative level is libvirt's "not reported", which the store has counted in.
            Add(key, name, row, isWhole: row[Least].AsDouble() >= 0, metric.Scale);
        }
    }

    private async Task ReadRatesAsync(AggregateFunction function, CancellationToken cancellationToken)
    {
        // By the id of the run, too: from one run of a VM to the next, nothing has grown.
        string[] run = [TagVocabulary.VmIdColumn];
        Dictionary<(SeriesKey, string?), double?> cpus = [];
        if (metric.Formula == MetricFormula.CpuShare)
        {
            string field = _request.Set.Fields[metric.OtherSlot];
            Aggregation levels = new([new(AggregateFunction.Minimum, field, Least), new(AggregateFunction.Maximum, field, Most)], run);
            await foreach ((SeriesKey key, _, StoreRow row) in reader.ReadAggregatesAsync(_request, range, levels, cancellationToken).ConfigureAwait(false))
            {
                double? least = row[Least].AsDouble();
                cpus[(key, row[TagVocabulary.VmIdColumn].ToText())] = least > 0 && least == row[Most].AsDouble() ? least : null;
            }
        }

        HashSet<(SeriesKey, string?)> seen = [];
        Aggregation rates = new([new(function, _field, Value), new(AggregateFunction.Count, _field, Count)], run) { Rates = new CounterRates(_field, 0) };
        await foreach ((SeriesKey key, string? name, StoreRow row) in reader.ReadAggregatesAsync(_request, range, rates, cancellationToken).ConfigureAwait(false))
        {
            (SeriesKey, string?) one = (key, row[TagVocabulary.VmIdColumn].ToText());

            // Two groups of one run: the VM was renamed, and the rate between them is in neither. Or its vCPUs changed.
            bool isWhole = seen.Add(one);
            double scale = metric.Scale;
            if (metric.Formula == MetricFormula.CpuShare)
            {
                double? count = cpus.GetValueOrDefault(one);
                isWhole &= count is not null;
                scale = 100.0 / UnixTime.NanosecondsPerSecond / (count ?? 1);
            }

            Add(key, name, row, isWhole, scale);
        }
    }

    private void Add(SeriesKey key, string? name, StoreRow row, bool isWhole, double scale)
    {
        long count = row[Count].AsInt64() ?? 0;
        if (count == 0 || row[Value].AsDouble() is not double value)
        {
            return;
        }

        bool isFirst = !_series.TryGetValue(key, out Parts? parts);
        if (isFirst)
        {
            _series.Add(key, parts = new Parts(name));
        }

        // Which of several groups has the last value, the store doesn't tell.
        if (!isWhole || (!isFirst && rollup == TelemetryRollup.Last))
        {
            _toFold.Add(key);
        }

        parts!.Add(value * scale, count);
    }

    private async ValueTask<IReadOnlyList<RankedSeries>> FoldAsync(IReadOnlySet<SeriesKey>? only, CancellationToken cancellationToken)
    {
        SeriesRequest rest = only is null ? _request : _request.Narrow(only.Select(key => (key, _series[key].Name)).ToArray());
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
