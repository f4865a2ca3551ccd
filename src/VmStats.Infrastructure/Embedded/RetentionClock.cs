using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// The time that a session counts its retention period back from: the older of the clock and the newest point that was
/// stored before the session, which ages with the session by the stopwatch. So a clock that is ahead makes nothing old, and
/// a session of months still deletes. After a pause of the collecting it lags by the pause, until the next session.
/// </summary>
internal sealed class RetentionClock(TimeSpan period, TimeProvider time)
{
    private long _start;
    private long _startedAt;

    /// <summary>The newest point that was stored before the session; null where there was none.</summary>
    public long? Newest { get; private set; }

    /// <summary>Begins the session of a file.</summary>
    /// <param name="newest">Its newest point; null where it has none.</param>
    public void Start(long? newest)
    {
        Newest = newest;
        _start = Math.Min(Now(), newest ?? long.MaxValue);
        _startedAt = time.GetTimestamp();
    }

    /// <summary>Points before this time are older than the period.</summary>
    public long OldestKept()
    {
        long elapsed = UnixTime.ToNanoseconds(time.GetElapsedTime(_startedAt));
        return Back(Math.Min(Now(), Math.Min(_start, long.MaxValue - elapsed) + elapsed), period);
    }

    /// <summary>The time a period before another, or the oldest that there is.</summary>
    public static long Back(long time, TimeSpan period) =>
        Math.Max(time, long.MinValue + UnixTime.ToNanoseconds(period)) - UnixTime.ToNanoseconds(period);

    private long Now() => UnixTime.ToNanoseconds(time.GetUtcNow());
}
