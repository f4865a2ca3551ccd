namespace VmStats.Hypervisors.Simulated;

/// <summary>
/// A load between 0 and 0.95 over time: a daily cycle, small oscillations, and bursts. It can be integrated in closed
/// form, since the bursts of all windows have the same area, whatever their height. So the value of a counter costs the
/// same at any moment, without simulating the time before it, and two processes agree on it.
/// </summary>
internal sealed class LoadCurve
{
    private const double Day = 86_400;
    private const double Ceiling = 0.95;
    private const double BlipHeight = 0.15;
    private const double BlipWindow = 11;
    private const double BurstShare = 0.03;
    private const double BlipShare = 0.03;

    private readonly ulong _seed;
    private readonly double _base;
    private readonly double _dailyPhase;
    private readonly double _window;
    private readonly double _burstCeiling;
    private readonly Wave[] _waves;

    /// <param name="seed">The seed of this curve.</param>
    /// <param name="level">Average load without bursts, at most 0.25.</param>
    /// <param name="dailyPhase">The time of the daily peak, in radians; shared by related curves.</param>
    public LoadCurve(ulong seed, double level, double dailyPhase)
    {
        _seed = seed;
        _base = level;
        _dailyPhase = dailyPhase;
        _window = Math.Floor(SeededHash.Between(seed, 1, 240, 1_200));
        _burstCeiling = Ceiling - BlipHeight - (1.8 * level);
        _waves =
        [
            new(0.60 * level, Math.Tau / Day, _dailyPhase),
            new(0.12 * level, Math.Tau / 97, SeededHash.Between(seed, 2, 0, Math.Tau)),
            new(0.08 * level, Math.Tau / 613, SeededHash.Between(seed, 3, 0, Math.Tau)),
        ];
    }

    /// <summary>Returns the load at a moment (seconds since the fleet's epoch).</summary>
    public double At(double time)
    {
        double load = _base;
        foreach (Wave wave in _waves)
        {
            load += wave.Height * Math.Sin((wave.Frequency * time) + wave.Phase);
        }

        return load + BurstAt(time, _window, BurstShare, _burstCeiling, 11) + BurstAt(time, BlipWindow, BlipShare, BlipHeight, 13);
    }

    /// <summary>
    /// Returns the integral of the load from the fleet's epoch to a moment. It increases with time; only differences
    /// are meaningful.
    /// </summary>
    public double Integral(double time)
    {
        double area = _base * time;
        foreach (Wave wave in _waves)
        {
            area -= wave.Height / wave.Frequency * Math.Cos((wave.Frequency * time) + wave.Phase);
        }

        return area + BurstArea(time, _window, BurstShare, _burstCeiling, 11)
            + BurstArea(time, BlipWindow, BlipShare, BlipHeight, 13);
    }

    private double BurstAt(double time, double window, double share, double ceiling, int salt)
    {
        Burst burst = Find(time, window, share, ceiling, salt);
        return burst.Elapsed > 0 && burst.Elapsed < burst.Length ? burst.Height : 0;
    }

    private double BurstArea(double time, double window, double share, double ceiling, int salt)
    {
        Burst burst = Find(time, window, share, ceiling, salt);
        return (burst.Window * window * share) + (burst.Height * Math.Clamp(burst.Elapsed, 0, burst.Length));
    }

    private Burst Find(double time, double window, double share, double ceiling, int salt)
    {
        double number = Math.Floor(time / window);
        ulong seed = SeededHash.Bits(_seed, ((long)number * 16) + salt);
        double height = ceiling * SeededHash.Between(seed, 1, 0.4, 1);
        double length = window * share / height;
        double start = (number * window) + ((window - length) * SeededHash.Unit(seed, 2));
        return new(number, height, length, time - start);
    }

    private readonly record struct Wave(double Height, double Frequency, double Phase);

    private readonly record struct Burst(double Window, double Height, double Length, double Elapsed);
}
