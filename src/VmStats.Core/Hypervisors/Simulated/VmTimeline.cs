namespace VmStats.Hypervisors.Simulated;

/// <summary>How often a simulated VM restarts.</summary>
internal enum VmHabit
{
    /// <summary>Restarts every few days.</summary>
    Steady,

    /// <summary>Restarts at least once an hour, and some are paused for a while in between.</summary>
    Restless,

    /// <summary>Never runs.</summary>
    Off,
}

/// <summary>
/// When a simulated VM runs, is paused and is off, as a function of time alone. Time is cut in windows of one length per
/// VM; each window holds one stop and one start, and one pause before the stop at most.
/// </summary>
internal sealed class VmTimeline
{
    private readonly ulong _seed;
    private readonly double _window;
    private readonly bool _pauses;

    public VmTimeline(ulong seed, VmHabit habit, bool pauses)
    {
        _seed = seed;
        Habit = habit;
        _pauses = pauses;
        // Stops lie in the middle two fifths of a window, so two of them are at most 1.4 windows apart: under an hour here.
        _window = Math.Floor(habit == VmHabit.Restless
            ? SeededHash.Between(seed, 1, 30 * 60, 42 * 60)
            : SeededHash.Between(seed, 1, 2 * 86_400, 9 * 86_400));
    }

    public VmHabit Habit { get; }

    /// <summary>What the VM does at a moment (seconds since the fleet's epoch).</summary>
    public VmPhase At(double time)
    {
        if (Habit == VmHabit.Off)
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

/// <summary>A stretch of a VM's life. Times are seconds since the fleet's epoch.</summary>
/// <param name="IsActive">True when it runs or is paused.</param>
/// <param name="Start">When it was started.</param>
/// <param name="StartNumber">Which start that was; grows by one with each.</param>
/// <param name="PauseStart">When it is paused in this life; infinity when it isn't, or not yet.</param>
/// <param name="PauseEnd">When it goes on.</param>
internal readonly record struct VmPhase(bool IsActive, double Start, long StartNumber, double PauseStart, double PauseEnd)
{
    public static VmPhase Off { get; } = new(false, 0, 0, double.PositiveInfinity, double.PositiveInfinity);

    public bool IsPausedAt(double time) => time >= PauseStart && time < PauseEnd;

    /// <summary>How much of a load was worked off between two moments of this life, leaving out the pause.</summary>
    public double Worked(LoadCurve curve, double from, double to)
    {
        double worked = curve.Integral(to) - curve.Integral(from);
        double pauseStart = Math.Max(from, PauseStart);
        double pauseEnd = Math.Min(to, PauseEnd);
        return pauseEnd > pauseStart ? worked - (curve.Integral(pauseEnd) - curve.Integral(pauseStart)) : worked;
    }
}
