using VmStats.Points;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry;

/// <content>Buckets, ranking and statistics over a range.</content>
internal sealed partial class TelemetryReader
{
    /// <summary>Returns the telemetry of VMs in buckets, sorted by time, then by name.</summary>
    public IAsyncEnumerable<VmTelemetry> GetBucketsAsync(SeriesRequest request, TimeRange range, RollupRequest rollup, CancellationToken cancellationToken) =>
        ReadBucketsAsync(
            request, range, rollup, bucket => new VmTelemetry(bucket.Data) { Rollup = rollup.Rollup, SampleCount = bucket.SampleCount }, cancellationToken);

    /// <summary>Returns the telemetry of devices in buckets, sorted by time, then by VM and device.</summary>
    public IAsyncEnumerable<VmDeviceTelemetry> GetDeviceBucketsAsync(SeriesRequest request, TimeRange range, RollupRequest rollup, CancellationToken cancellationToken) =>
        ReadBucketsAsync(
            request, range, rollup, bucket => new VmDeviceTelemetry(bucket.Data) { Rollup = rollup.Rollup, SampleCount = bucket.SampleCount }, cancellationToken);

    /// <summary>Returns the VMs with the highest current values of a metric, in descending order; VMs without a value are omitted.</summary>
    public async ValueTask<IReadOnlyList<VmTelemetry>> GetTopAsync(
        SeriesRequest request, VmTelemetryMetric metric, int count, CancellationToken cancellationToken) =>
        await TopAsync(GetLatestAsync(With(request, metric), reportMissing: false, cancellationToken), vm => vm.Data.Get(metric), count)
            .ConfigureAwait(false);

    /// <summary>Returns the devices with the highest current values of a metric, in descending order; devices without a value are omitted.</summary>
    public async ValueTask<IReadOnlyList<VmDeviceTelemetry>> GetTopDevicesAsync(
        SeriesRequest request, VmTelemetryMetric metric, int count, CancellationToken cancellationToken) =>
        await TopAsync(GetLatestDevicesAsync(With(request, metric), cancellationToken), device => device.Data.Get(metric), count)
            .ConfigureAwait(false);

    /// <summary>Narrows a request to the series with the highest values of a metric over a range; series without a value are omitted.</summary>
    /// <param name="request">The series to rank.</param>
    /// <param name="range">The range.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="rollup">How the samples of a series are aggregated to the value that it is ranked by.</param>
    /// <param name="count">Maximum number of series to keep.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async ValueTask<SeriesRequest> RankAsync(
        SeriesRequest request, TimeRange range, VmTelemetryMetric metric, TelemetryRollup rollup, int count, CancellationToken cancellationToken)
    {
        IReadOnlyList<RankedSeries> ranked =
            await new SeriesRanker(_series, request, range, metric, rollup).RankAsync(cancellationToken).ConfigureAwait(false);
        return request.Narrow(ranked.Take(count).Select(series => (series.Key, series.Name)).ToArray());
    }

    /// <summary>Returns statistics of metrics over a range, sorted by VM, device and metric. Metrics without any value in a series are omitted.</summary>
    public async ValueTask<IReadOnlyList<VmTelemetryStatistics>> MeasureAsync(
        SeriesRequest request, TimeRange range, CancellationToken cancellationToken)
    {
        Dictionary<SeriesKey, StatisticsAggregator> folds = [];
        await foreach ((SeriesState series, SampleData sample) in _series.ReadRangeAsync(request, range, cancellationToken).ConfigureAwait(false))
        {
            if (!folds.TryGetValue(series.Key, out StatisticsAggregator? fold))
            {
                folds.Add(series.Key, fold = new StatisticsAggregator(series.Key, request.Metrics ?? request.Set.Metrics));
            }

            fold.Add(sample);
        }

        return folds.Values
            .InSeriesOrder(fold => fold.Name, fold => fold.Key)
            .SelectMany(fold => fold.Results())
            .ToArray();
    }

    private static SeriesRequest With(SeriesRequest request, VmTelemetryMetric metric) =>
        request.Metrics is null ? request : request with { Metrics = [.. request.Metrics, metric] };

    private static async ValueTask<IReadOnlyList<T>> TopAsync<T>(IAsyncEnumerable<T> latest, Func<T, double?> value, int count)
    {
        List<(T Item, double Value)> all = [];
        await foreach (T item in latest.ConfigureAwait(false))
        {
            if (value(item) is double number)
            {
                all.Add((item, number));
            }
        }

        return all.OrderByDescending(entry => entry.Value).Take(count).Select(entry => entry.Item).ToArray();
    }

    private IAsyncEnumerable<T> ReadBucketsAsync<T>(
        SeriesRequest request, TimeRange range, RollupRequest rollup, Func<Bucket, T> make, CancellationToken cancellationToken)
    {
        // There are no buckets in the future.
        long now = UnixTime.ToNanoseconds(_options.Clock.GetUtcNow());
        BucketAggregator<T> fold = new(rollup, Math.Min(range.Finish ?? now, now), make);
        return _series.ReadRangeAsync(request with { Metrics = rollup.Metrics }, range, fold, cancellationToken);
    }
}
