using VmStats.Telemetry.Series;

namespace VmStats.Telemetry.Rollups;

/// <summary>A bucket, complete or waiting for its values.</summary>
internal sealed class Bucket
{
    /// <summary>The bucket as a sample; valid only once <see cref="IsReady"/> is true.</summary>
    public SampleData Data { get; set; }

    /// <summary>The number of its samples; 0 if it was filled.</summary>
    public int SampleCount { get; init; }

    /// <summary>False while its values depend on a later bucket.</summary>
    public bool IsReady { get; set; }

    /// <summary>The bucket's start, UTC nanoseconds.</summary>
    public required long Time { get; init; }
}

/// <summary>The buckets of one series while its samples are read: the current one, and the values of the previous one for filling.</summary>
internal sealed class SeriesBuckets
{
    private readonly MetricAggregator[] _folds;
    private readonly List<Bucket> _waiting = [];
    private readonly RollupRequest _request;
    private SampleData _last;
    private TelemetryQuality _worst;
    private int _count;
    private double[] _lastValues = [];
    private long _lastTime;

    public SeriesBuckets(SeriesKey key, string name, RollupRequest request)
    {
        Key = key;
        Name = name;
        _request = request;
        _folds = request.Metrics.Select(metric => new MetricAggregator(metric, request.Rollup)).ToArray();
    }

    public SeriesKey Key { get; }

    /// <summary>The VM's name in the first sample, which determines the order of buckets of the same time.</summary>
    public string Name { get; }

    /// <summary>True when the current bucket has no sample.</summary>
    public bool IsEmpty => _count == 0;

    public void Add(in SampleData sample)
    {
        _last = sample;
        _count++;
        TelemetryQuality quality = sample.Quality;
        _worst = quality > _worst ? quality : _worst;
        foreach (MetricAggregator fold in _folds)
        {
            fold.Add(sample);
        }
    }

    /// <summary>Closes the current bucket, which must not be empty. Filled buckets that waited for its values become ready.</summary>
    public Bucket Close(long time)
    {
        double[] values = NoValues();
        foreach (MetricAggregator fold in _folds)
        {
            values[fold.Metric.Index] = fold.Result;
            fold.Clear();
        }

        foreach (Bucket bucket in _waiting)
        {
            SetFilled(bucket, Interpolate(values, time, bucket.Time));
        }

        Bucket closed = new()
        {
            Time = time,
            SampleCount = _count,
            IsReady = true,
            Data = _last.ToBucket(time, _request.Interval, values, _worst),
        };
        _waiting.Clear();
        (_lastValues, _lastTime, _count, _worst) = (values, time, 0, TelemetryQuality.Ok);
        return closed;
    }

    /// <summary>Creates a bucket for a time without samples; an earlier one must have had some.</summary>
    public Bucket Fill(long time)
    {
        Bucket bucket = new() { Time = time };
        switch (_request.Fill)
        {
            case TelemetryFill.Previous:
                SetFilled(bucket, _lastValues);
                break;
            case TelemetryFill.Linear:
                _waiting.Add(bucket);
                break;
            default:
                SetFilled(bucket, NoValues());
                break;
        }

        return bucket;
    }

    /// <summary>Called after the last bucket: filled buckets that still wait for a later one get no values.</summary>
    public void End()
    {
        foreach (Bucket bucket in _waiting)
        {
            SetFilled(bucket, NoValues());
        }

        _waiting.Clear();
    }

    private void SetFilled(Bucket bucket, double[] values)
    {
        bucket.Data = _last.ToBucket(bucket.Time, _request.Interval, values, TelemetryQuality.Gap);
        bucket.IsReady = true;
    }

    private double[] Interpolate(double[] next, long nextTime, long time)
    {
        double part = (time - _lastTime) / (double)(nextTime - _lastTime);
        double[] values = new double[next.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _lastValues[i] + (next[i] - _lastValues[i]) * part;
        }

        return values;
    }

    private double[] NoValues()
    {
        double[] values = new double[_request.Metrics.Count == 0 ? 0 : MetricCatalog.SetOf(_request.Metrics[0].AppliesTo).Metrics.Count];
        Array.Fill(values, double.NaN);
        return values;
    }
}
