namespace VmStats.Hypervisors.Simulated;

/// <summary>How often a simulated VM restarts.</summary>
internal enum RestartPattern
{
    /// <summary>Restarts every few days.</summary>
    Infrequent,

    /// <summary>Restarts at least once an hour; some of these VMs are paused for a while in between.</summary>
    Frequent,

    /// <summary>Never runs.</summary>
    NeverRunning,
}

/// <summary>
/// The times at which a simulated VM runs, is paused and is off, as a function of time alone. Time is divided into
/// windows whose length is fixed for each VM; each window contains one stop and one start, and at most one pause before
/// the stop.
/// </summary>
internal sealed class VmTimeline
{
    private readonly ulong _seed;
    private readonly double _window;
    private readonly bool _pauses;

    public VmTimeline(ulong seed, RestartPattern habit, bool pauses)
    {
        _seed = seed;
        Pattern = habit;
        _pauses = pauses;
        // Stops lie in the middle two fifths of a window, so two of them are at most 1.4 windows apart: under an hour here.
        _window = Math.Floor(habit == RestartPattern.Frequent
            ? SeededHash.Between(seed, 1, 30 * 60, 42 * 60)
            : SeededHash.Between(seed, 1, 2 * 86_400, 9 * 86_400));
    }

    public RestartPattern Pattern { get; }

    /// <summary>Returns the VM's phase at a moment (seconds since the fleet's epoch).</summary>
    public VmPhase At(double time)
    {
        if (Pattern == RestartPattern.NeverRunning)
        {
            return VmPhase.Off;
        }

        long number = (long)Math.Floor(time / _window);
        double stop = StopIn(number);
        double start = stop + OffTime(number);
        if (time >= start)
        {
            return new VmPhase(true, start, number, double.PositiveInfinity, double.PositiveInfinity);
        }

        if (time >= stop)
        {
            return VmPhase.Off;
        }

        double pause = _pauses ? PauseIn(number) : double.PositiveInfinity;
        return new VmPhase(true, StopIn(number - 1) + OffTime(number - 1), number - 1, pause, pause + PauseTime(number));
    }

    private double StopIn(long number) => (number * _window) + (_window * SeededHash.Between(_seed, Key(number, 2), 0.3, 0.7));

    private double OffTime(long number) => SeededHash.Between(_seed, Key(number, 3), 15, 120);

    private double PauseIn(long number) => (number * _window) + (_window * SeededHash.Between(_seed, Key(number, 4), 0.05, 0.25));

    private double PauseTime(long number) => SeededHash.Between(_seed, Key(number, 5), 10, 60);

    private static long Key(long number, int salt) => (number * 8) + salt;
}

/// <summary>A phase of a VM's life. Times are seconds since the fleet's epoch.</summary>
/// <param name="IsActive">True when it runs or is paused.</param>
/// <param name="Start">When it was started.</param>
/// <param name="StartNumber">The number of that start; increases by one with each.</param>
/// <param name="PauseStart">When it is paused in this phase; infinity if it isn't, or not yet.</param>
/// <param name="PauseEnd">When it resumes.</param>
internal readonly record struct VmPhase(bool IsActive, double Start, long StartNumber, double PauseStart, double PauseEnd)
{
    public static VmPhase Off { get; } = new(false, 0, 0, double.PositiveInfinity, double.PositiveInfinity);

    public bool IsPausedAt(double time) => time >= PauseStart && time < PauseEnd;

    /// <summary>Returns the integral of a load between two moments of this phase, without the pause.</summary>
    public double LoadIntegral(LoadCurve curve, double from, double to)
    {
        double worked = curve.Integral(to) - curve.Integral(from);
        double pauseStart = Math.Max(from, PauseStart);
        double pauseEnd = Math.Min(to, PauseEnd);
        return pauseEnd > pauseStart ? worked - (curve.Integral(pauseEnd) - curve.Integral(pauseStart)) : worked;
    }
}
