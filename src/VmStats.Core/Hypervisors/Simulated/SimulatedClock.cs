namespace VmStats.Hypervisors.Simulated;

/// <summary>
/// A clock that starts in the past and runs fast until it has caught up with the real clock, then keeps real time. Its
/// timers run at the same speed, so that a collector on it processes an hour in seconds.
/// </summary>
internal sealed class SimulatedClock : TimeProvider
{
    private readonly TimeProvider _real;
    private readonly long _realStart;
    private readonly DateTimeOffset _start;
    private readonly double _speed;
    private readonly long _catchUpTicks;

    /// <param name="history">How long before the present the clock starts.</param>
    /// <param name="speed">Its speed until it has caught up with real time; over 1 if there is a history.</param>
    /// <param name="real">The real clock.</param>
    public SimulatedClock(TimeSpan history, double speed, TimeProvider? real = null)
    {
        _real = real ?? System;
        _realStart = _real.GetTimestamp();
        _start = _real.GetUtcNow() - history;
        _speed = speed;
        _catchUpTicks = history > TimeSpan.Zero ? (long)(history.Ticks / (speed - 1)) : 0;
        History = history;
    }

    /// <summary>How long before its creation the clock started.</summary>
    public TimeSpan History { get; }

    /// <summary>True once the clock has caught up with real time.</summary>
    public bool HasCaughtUp => RealElapsedTicks >= _catchUpTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _real.LocalTimeZone;

    private long RealElapsedTicks => _real.GetElapsedTime(_realStart).Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start.AddTicks(GetTimestamp());

    /// <inheritdoc/>
    public override long GetTimestamp() => ToSimulated(RealElapsedTicks);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new SimulatedTimer(this, _real, callback, state, dueTime, period);

    /// <summary>Returns the real time until the clock reaches a timestamp; zero if it already has.</summary>
    public TimeSpan RealTimeUntil(long timestamp) => TimeSpan.FromTicks(Math.Max(0, ToReal(timestamp) - RealElapsedTicks));

    private long ToSimulated(long real) =>
        real < _catchUpTicks ? (long)(real * _speed) : real + History.Ticks;

    private long ToReal(long simulated)
    {
        // Rounded up, so that a timer never fires too early.
        long fast = (long)Math.Ceiling(simulated / _speed);
        return fast < _catchUpTicks ? fast : Math.Max(_catchUpTicks, simulated - History.Ticks);
    }
}
