using System.Diagnostics.CodeAnalysis;

namespace VmStats.Telemetry.Series;

/// <summary>Makes something of the samples of a range, which come in order of time: an object of each, or one of many.</summary>
internal interface ISampleFold<T>
{
    /// <summary>Takes a sample in.</summary>
    void Add(SeriesState series, in SampleData sample);

    /// <summary>No sample follows.</summary>
    void End();

    /// <summary>Takes the next result out, where there is one already.</summary>
    bool TryTake([MaybeNullWhen(false)] out T result);
}

/// <summary>Makes one result of each sample.</summary>
internal sealed class EachSample<T>(Func<SeriesState, SampleData, T> make) : ISampleFold<T>
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
