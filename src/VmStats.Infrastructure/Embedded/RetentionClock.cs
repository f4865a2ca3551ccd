using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Provides the reference time from which a session's retention period is subtracted. It is the earlier of the system clock
/// and the newest point stored before the session plus the elapsed (monotonic) time of the session. So a clock that is ahead
/// doesn't expire any points, and a session that runs for months still deletes old ones. If collection was paused before the
/// session, the reference time lags by the length of the pause until the next session.
/// </summary>
internal sealed class RetentionClock(TimeSpan period, TimeProvider time)
{
    private long _start;
    private long _startedAt;

    /// <summary>The time of the newest point stored before the session; null if there was none.</summary>
    public long? Newest { get; private set; }

    /// <summary>Starts the session for a database file.</summary>
    /// <param name="newest">The time of its newest point; null if it has none.</param>
    public void Start(long? newest)
    {
        Newest = newest;
        _start = Math.Min(Now(), newest ?? long.MaxValue);
        _startedAt = time.GetTimestamp();
    }

    /// <summary>Returns the start of the retention period: points before this time have expired.</summary>
    public long OldestKept()
    {
        long elapsed = UnixTime.ToNanoseconds(time.GetElapsedTime(_startedAt));
        return Subtract(Math.Min(Now(), Math.Min(_start, long.MaxValue - elapsed) + elapsed), period);
    }

    /// <summary>Subtracts a period from a time; returns the minimum time on overflow.</summary>
    public static long Subtract(long time, TimeSpan period) =>
        Math.Max(time, long.MinValue + UnixTime.ToNanoseconds(period)) - UnixTime.ToNanoseconds(period);

    private long Now() => UnixTime.ToNanoseconds(time.GetUtcNow());
}
