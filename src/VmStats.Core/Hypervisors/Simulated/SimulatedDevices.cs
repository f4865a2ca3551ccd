namespace VmStats.Hypervisors.Simulated;

/// <summary>A network interface of a simulated VM.</summary>
/// <param name="Name">Host device.</param>
/// <param name="Own">The part of its load that is independent of the VM's CPU load.</param>
/// <param name="RxRate">Bytes received per second at full load.</param>
/// <param name="TxRate">Bytes sent per second at full load.</param>
/// <param name="Plug">The times at which it is plugged in.</param>
internal sealed record SimulatedNic(string Name, LoadCurve Own, double RxRate, double TxRate, HotPlug Plug);

/// <summary>A disk of a simulated VM.</summary>
/// <param name="Name">Target device.</param>
/// <param name="Path">Image file.</param>
/// <param name="Capacity">Size, bytes.</param>
/// <param name="Own">The part of its load that is independent of the VM's CPU load.</param>
/// <param name="ReadRate">Reads per second at full load.</param>
/// <param name="WriteRate">Writes per second at full load.</param>
/// <param name="Plug">The times at which it is plugged in.</param>
internal sealed record SimulatedDisk(
    string Name, string Path, long Capacity, LoadCurve Own, double ReadRate, double WriteRate, HotPlug Plug);

/// <summary>The times at which a hot-plugged device is plugged in: once in each window of 15 to 25 minutes.</summary>
internal sealed class HotPlug
{
    private readonly ulong _seed;
    private readonly double _window;

    public HotPlug(ulong seed)
    {
        _seed = seed;
        _window = Math.Floor(SeededHash.Between(seed, 1, 15 * 60, 25 * 60));
    }

    private HotPlug()
    {
    }

    /// <summary>A device that is always plugged in.</summary>
    public static HotPlug None { get; } = new();

    /// <summary>
    /// Returns when the device was plugged in that is present at a moment; null if it isn't present. Seconds since the
    /// fleet's epoch.
    /// </summary>
    public double? PluggedAt(double time)
    {
        if (_window == 0)
        {
            return double.NegativeInfinity;
        }

        long number = (long)Math.Floor(time / _window);
        double plug = (number * _window) + (_window * SeededHash.Between(_seed, (number * 4) + 2, 0.05, 0.3));
        double unplug = (number * _window) + (_window * SeededHash.Between(_seed, (number * 4) + 3, 0.6, 0.95));
        return time >= plug && time < unplug ? plug : null;
    }
}
