namespace VmStats.Hypervisors.Simulated;

/// <summary>A network interface of a simulated VM.</summary>
/// <param name="Name">Host device.</param>
/// <param name="Own">Its own part of its load; the rest follows the VM's CPU.</param>
/// <param name="RxRate">Bytes received per second at full load.</param>
/// <param name="TxRate">Bytes sent per second at full load.</param>
/// <param name="Plug">When it is there.</param>
internal sealed record SimulatedNic(string Name, LoadCurve Own, double RxRate, double TxRate, HotPlug Plug);

/// <summary>A disk of a simulated VM.</summary>
/// <param name="Name">Target.</param>
/// <param name="Path">Image file.</param>
/// <param name="Capacity">Size, bytes.</param>
/// <param name="Own">Its own part of its load; the rest follows the VM's CPU.</param>
/// <param name="ReadRate">Reads per second at full load.</param>
/// <param name="WriteRate">Writes per second at full load.</param>
/// <param name="Plug">When it is there.</param>
internal sealed record SimulatedDisk(
    string Name, string Path, long Capacity, LoadCurve Own, double ReadRate, double WriteRate, HotPlug Plug);

/// <summary>When a hot-plugged device is there: once in each window of 15 to 25 minutes.</summary>
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

    /// <summary>A device that is always there.</summary>
    public static HotPlug None { get; } = new();

    /// <summary>When the device came that is there at a moment; null when it isn't. Seconds since the fleet's epoch.</summary>
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
