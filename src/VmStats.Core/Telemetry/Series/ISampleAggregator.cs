using System.Diagnostics.CodeAnalysis;

namespace VmStats.Telemetry.Series;

/// <summary>Folds the samples of a range, which are added in order of time, into results: one per sample, or one for many samples.</summary>
internal interface ISampleAggregator<T>
{
    /// <summary>Adds a sample.</summary>
    void Add(SeriesState series, in SampleData sample);

    /// <summary>Called after the last sample.</summary>
    void End();

    /// <summary>Removes the next result, if one is complete.</summary>
    bool TryTake([MaybeNullWhen(false)] out T result);
}

/// <summary>Produces one result for each sample.</summary>
internal sealed class EachSample<T>(Func<SeriesState, SampleData, T> make) : ISampleAggregator<T>
{
    private T? _result;
    private bool _any;

    /// <inheritdoc/>
    public void Add(SeriesState series, in SampleData sample) => (_result, _any) = (make(series, sample), true);

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <inheritdoc/>
    public bool TryTake([MaybeNullWhen(false)] out T result)
    {
        result = _result;
        (bool any, _any) = (_any, false);
        return any;
    }
}
