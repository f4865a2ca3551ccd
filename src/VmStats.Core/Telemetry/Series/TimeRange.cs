using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>A range of time in UTC nanoseconds.</summary>
/// <param name="Start">First time, inclusive; null for no bound.</param>
/// <param name="Finish">Last time, exclusive; null for no bound.</param>
internal readonly record struct TimeRange(long? Start, long? Finish)
{
    /// <summary>Returns the range between two times.</summary>
    public static TimeRange Between(DateTimeOffset? start, DateTimeOffset? finish) => new(
        start is DateTimeOffset s ? UnixTime.ToNanoseconds(s) : null,
        finish is DateTimeOffset f ? UnixTime.ToNanoseconds(f) : null);
}
