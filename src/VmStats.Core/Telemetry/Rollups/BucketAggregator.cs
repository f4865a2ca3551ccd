using System.Diagnostics.CodeAnalysis;
using VmStats.Points;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry.Rollups;

/// <summary>
/// Folds samples, added in order of time, into buckets, sorted by time, then by name. Only the current bucket is kept in
/// memory, whatever the range; with <see cref="TelemetryFill.Linear"/> also the empty buckets that need the next value.
/// </summary>
/// <param name="request">Width, aggregate, fill and metrics of the buckets.</param>
/// <param name="finish">The end of the fill, exclusive, in UTC nanoseconds.</param>
/// <param name="make">Creates a result from a bucket.</param>
internal sealed class BucketAggregator<T>(RollupRequest request, long finish, Func<Bucket, T> make) : ISampleAggregator<T>
{
    private readonly Dictionary<SeriesKey, SeriesBuckets> _series = [];
    private readonly List<SeriesBuckets> _sorted = [];
    private readonly Queue<Bucket> _output = new();
    private long? _current;

    /// <inheritdoc/>
    public void Add(SeriesState series, in SampleData sample)
    {
        long start = UnixTime.Floor(sample.Time, request.Interval);
        if (start != _current)
        {
            AdvanceTo(start);
            _current = start;
        }

        Of(series.Key, sample).Add(sample);
    }

    /// <inheritdoc/>
    public void End()
    {
        AdvanceTo(long.Max(finish, _current ?? finish));
        foreach (SeriesBuckets series in _sorted)
        {
            series.End();
        }
    }

    /// <inheritdoc/>
    public bool TryTake([MaybeNullWhen(false)] out T result)
    {
        bool isReady = _output.TryPeek(out Bucket? bucket) && bucket.IsReady;
        result = isReady ? make(_output.Dequeue()) : default;
        return isReady;
    }

    // Closes the current bucket, and fills all buckets that start after it and before the given time.
    private void AdvanceTo(long start)
    {
        if (_current is not long current)
        {
            return;
        }

        foreach (SeriesBuckets series in Sorted())
        {
            if (!series.IsEmpty)
            {
                _output.Enqueue(series.Close(current));
            }
            else if (request.Fill != TelemetryFill.None)
            {
                _output.Enqueue(series.Fill(current));
            }
        }

        for (long time = current + request.Interval; time < start && request.Fill != TelemetryFill.None; time += request.Interval)
        {
            foreach (SeriesBuckets series in Sorted())
            {
                _output.Enqueue(series.Fill(time));
            }
        }
    }

    private SeriesBuckets Of(SeriesKey key, in SampleData sample)
    {
        if (!_series.TryGetValue(key, out SeriesBuckets? buckets))
        {
            buckets = new SeriesBuckets(key, sample.Name ?? key.Vm.Name ?? "", request);
            _series.Add(key, buckets);
        }

        return buckets;
    }

    private List<SeriesBuckets> Sorted()
    {
        if (_sorted.Count != _series.Count)
        {
            _sorted.Clear();
            _sorted.AddRange(_series.Values.InSeriesOrder(series => series.Name, series => series.Key));
        }

        return _sorted;
    }
}
