namespace VmStats.Data;

/// <summary>Durations that are kept as seconds in a double, as <c>duration_sec</c> is.</summary>
internal static class DurationSeconds
{
    // 31 years: what is longer is no duration of anything here, and no TimeSpan may overflow over a foreign writer's row.
    private const double Limit = 1e9;

    /// <summary>The duration of a count of seconds; null when it is null, negative, not finite or over 31 years.</summary>
    /// <remarks>
    /// Rounded to the nearest tick, where <see cref="TimeSpan.FromSeconds(double)"/> cuts: so a duration is the same after it
    /// was written as <see cref="TimeSpan.TotalSeconds"/> and read.
    /// </remarks>
    public static TimeSpan? Parse(double? seconds) =>
        seconds is >= 0 and < Limit ? new TimeSpan((long)Math.Round(seconds.Value * TimeSpan.TicksPerSecond)) : null;
}
