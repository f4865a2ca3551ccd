using System.Diagnostics.CodeAnalysis;
using VmStats.Points;
using VmStats.Telemetry.Series;

namespace VmStats.Telemetry.Rollups;

/// <summary>
/// Folds samples, in order of time, into buckets, in order of time and within one time of name. Only the bucket being
/// filled is held, whatever the range; with <see cref="TelemetryFill.Linear"/> also what waits for a later bucket.
/// </summary>
/// <param name="request">What the buckets are.</param>
/// <param name="finish">Where a fill ends, exclusive, UTC nanoseconds.</param>
/// <param name="make">Makes a result of a bucket.</param>
internal sealed class BucketFold<T>(RollupRequest request, long finish, Func<Bucket, T> make) : ISampleFold<T>
{
    private readonly Dictionary<SeriesKey, SeriesBuckets> _series = [];
    private readonly List<SeriesBuckets> _sorted = [];
    private readonly Queue<Bucket> _line = new();
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
        bool isReady = _line.TryPeek(out Bucket? bucket) && bucket.IsReady;
        result = isReady ? make(_line.Dequeue()) : default;
        return isReady;
    }

    // Ends the current bucket, and fills those between it and the one that begins at a time, or that the time cuts.
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
                _line.Enqueue(series.Close(current));
            }
            else if (request.Fill != TelemetryFill.None)
            {
                _line.Enqueue(series.Fill(current));
            }
        }

        for (long time = current + request.Interval; time < start && request.Fill != TelemetryFill.None; time += request.Interval)
        {
            foreach (SeriesBuckets series in Sorted())
            {
                _line.Enqueue(series.Fill(time));
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
