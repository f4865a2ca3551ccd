using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Turns the values of a counter, in order of time, into its rates: <see cref="CounterRates"/> where they are computed here.</summary>
internal struct RateReader
{
    private FieldValue _last;
    private long _lastTime;

    /// <summary>The rate from the last value to this, per second; absent where there is none.</summary>
    /// <param name="time">UTC nanoseconds.</param>
    /// <param name="value">The counter's value; absent and negative values are skipped.</param>
    public FieldValue Next(long time, FieldValue value)
    {
        if (value.AsDouble() is not >= 0)
        {
            return default;
        }

        FieldValue rate = default;
        if (!_last.IsNull && time > _lastTime && Growth(_last, value) is >= 0 and double growth)
        {
            rate = FieldValue.From(growth * UnixTime.NanosecondsPerSecond / (time - _lastTime));
        }

        (_last, _lastTime) = (value, time);
        return rate;
    }

    // Integers first: as doubles, two large ones that differ slightly may become equal.
    private static double? Growth(FieldValue from, FieldValue to) =>
        from.AsInt64() is long before && to.AsInt64() is long now ? now - before : to.AsDouble() - from.AsDouble();
}
