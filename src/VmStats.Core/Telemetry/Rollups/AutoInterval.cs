namespace VmStats.Telemetry.Rollups;

/// <summary>Chooses a width of buckets that people would choose.</summary>
internal static class AutoInterval
{
    // One more than a round range holds: where it isn't aligned, it cuts a bucket at each end.
    private const int MostBuckets = 121;

    private static readonly TimeSpan[] s_ladder =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
    ];

    /// <summary>The least width by which a range has at most 121 buckets: 10 s, 30 s, 1 min ... 12 h, then whole days.</summary>
    public static TimeSpan For(TimeSpan range)
    {
        foreach (TimeSpan width in s_ladder)
        {
            if (range.Ticks <= width.Ticks * MostBuckets)
            {
                return width;
            }
        }

        return TimeSpan.FromDays(Math.Ceiling(range.TotalDays / MostBuckets));
    }
}
