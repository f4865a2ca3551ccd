namespace VmStats.Telemetry.Rollups;

/// <summary>Chooses a round bucket width for a range.</summary>
internal static class AutoInterval
{
    // One more than 120, since a range that isn't aligned to the buckets has a partial bucket at each end.
    private const int MaximumBuckets = 121;

    private static readonly TimeSpan[] s_widths =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
    ];

    /// <summary>Returns the smallest width that divides a range into at most 121 buckets: 10 s, 30 s, 1 min ... 12 h, then whole days.</summary>
    public static TimeSpan For(TimeSpan range)
    {
        foreach (TimeSpan width in s_widths)
        {
            if (range.Ticks <= width.Ticks * MaximumBuckets)
            {
                return width;
            }
        }

        return TimeSpan.FromDays(Math.Ceiling(range.TotalDays / MaximumBuckets));
    }
}
