using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>How far a sample may be ahead of the clock here: clocks differ a little, and a clock that is wrong must not hide what is true.</summary>
internal static class ClockSkew
{
    /// <summary>By so much the clocks of hosts may differ without a word.</summary>
    public static readonly TimeSpan Allowed = TimeSpan.FromMinutes(1);

    /// <summary>The last time that isn't ahead, UTC nanoseconds.</summary>
    public static long LastTime(TimeProvider clock) => UnixTime.ToNanoseconds(clock.GetUtcNow() + Allowed);
}
