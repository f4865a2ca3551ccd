using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Computes the rates of a counter from its values in time order, for stores that can't compute <see cref="CounterRates"/> themselves.</summary>
internal struct RateReader
{
    private FieldValue _last;
    private long _lastTime;

    /// <summary>Returns the rate per second between the previous value and this one; absent if there is none.</summary>
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

    // Integers are subtracted as such: as doubles, a small difference between two large values would be lost.
    private static double? Growth(FieldValue from, FieldValue to) =>
        from.AsInt64() is long before && to.AsInt64() is long now ? now - before : to.AsDouble() - from.AsDouble();
}
