using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>The tolerance for samples that are ahead of the local clock: clocks differ slightly, and samples with a wrong time must not hide correct ones.</summary>
internal static class ClockSkew
{
    /// <summary>The difference between the clocks of hosts that is tolerated without a warning.</summary>
    public static readonly TimeSpan Allowed = TimeSpan.FromMinutes(1);

    /// <summary>Returns the latest time, in UTC nanoseconds, that doesn't count as ahead of the clock.</summary>
    public static long LastTime(TimeProvider clock) => UnixTime.ToNanoseconds(clock.GetUtcNow() + Allowed);
}
