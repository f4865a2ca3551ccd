namespace VmStats.Hypervisors.Simulated;

/// <summary>A timer that runs on the time of a <see cref="SimulatedClock"/>.</summary>
internal sealed class SimulatedTimer : ITimer
{
    // The maximum for the system's timers; a longer wait is split.
    private static readonly TimeSpan s_maximumWait = TimeSpan.FromDays(40);

    private readonly object _lock = new();
    private readonly SimulatedClock _clock;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private readonly ITimer _inner;
    private long? _due;
    private TimeSpan _period;
    private bool _isDisposed;

    public SimulatedTimer(
        SimulatedClock clock, TimeProvider real, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _clock = clock;
        _callback = callback;
        _state = state;
        _inner = real.CreateTimer(_ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Change(dueTime, period);
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            _due = dueTime == Timeout.InfiniteTimeSpan ? null : _clock.GetTimestamp() + dueTime.Ticks;
            _period = period;
            Arm();
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _due = null;
        }

        _inner.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Arm()
    {
        TimeSpan wait = _due is long due ? _clock.RealTimeUntil(due) : Timeout.InfiniteTimeSpan;
        _inner.Change(wait > s_maximumWait ? s_maximumWait : wait, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        lock (_lock)
        {
            if (_isDisposed || _due is not long due)
            {
                return;
            }

            if (_clock.GetTimestamp() < due)
            {
                Arm();
                return;
            }

            _due = _period > TimeSpan.Zero ? NextDue(due) : null;
            Arm();
        }

        _callback(_state);
    }

    // Missed ticks are skipped, as the system's timers do.
    private long NextDue(long due)
    {
        long late = _clock.GetTimestamp() - due;
        return due + (_period.Ticks * ((late / _period.Ticks) + 1));
    }
}
