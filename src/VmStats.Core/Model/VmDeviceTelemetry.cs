using VmStats.Points;

namespace VmStats;

/// <summary>
/// The telemetry of one NIC or disk of a VM at one time. The properties of the other kind of device are null, as is
/// what the hypervisor didn't report.
/// </summary>
public sealed partial class VmDeviceTelemetry
{
    private readonly SampleData _data;

    internal VmDeviceTelemetry(in SampleData data)
    {
        _data = data;
    }

    /// <summary>The VM's name when the sample was taken.</summary>
    public string Name => _data.Name ?? _data.Identity.Name ?? "";

    /// <summary>The VM's identity; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid => _data.Identity.Uuid;

    /// <summary>libvirt's run-time id, which changes at each start.</summary>
    public string? VmId => _data.VmId;

    /// <summary>The host that it ran on, as libvirt names it; null where it wasn't recorded.</summary>
    public string? HostName => _data.HostName;

    /// <summary>The device: the host's interface of a NIC, such as <c>vnet0</c>; the target of a disk, such as <c>vda</c>.</summary>
    public string Device => _data.Device ?? "";

    /// <summary><c>nic</c> or <c>disk</c>.</summary>
    public string DeviceType => _data.DeviceType ?? "";

    /// <summary>When the sample was taken; of a roll-up, the bucket's start. Local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime TimeUtc => UnixTime.FromNanoseconds(_data.Time).UtcDateTime;

    /// <summary>Time since the sample before, over which rates are computed; of a roll-up, the bucket's width. Null for a first sample.</summary>
    public TimeSpan? Interval => _data.Interval;

    /// <summary>How far it can be trusted.</summary>
    public TelemetryQuality Quality => _data.Quality;

    /// <summary>True when it is of a simulated fleet.</summary>
    public bool IsSimulated => _data.IsSimulated;

    /// <summary>How the samples of the bucket became one value; null for a plain sample.</summary>
    public TelemetryRollup? Rollup { get; internal init; }

    /// <summary>Samples in the bucket; null for a plain sample.</summary>
    public int? SampleCount { get; internal init; }

    /// <summary>What the object computes from.</summary>
    internal ref readonly SampleData Data => ref _data;

    /// <summary>The value of a metric of the catalogue, in its unit; null when absent.</summary>
    /// <param name="name">The metric's name, in any case.</param>
    /// <exception cref="ArgumentException">No device metric has this name.</exception>
    public double? GetMetric(string name) => _data.Get(DeviceMetrics.Set.Require(name));

    /// <summary>The angle of a rate in degrees, as the original's dashboard showed it: atan of the rate per second. Null when absent.</summary>
    /// <param name="name">A metric of kind Rate, in any case.</param>
    /// <exception cref="ArgumentException">No device metric has this name.</exception>
    public double? AngleDegrees(string name) => GetMetric(name) is double rate ? Math.Atan(rate) * (180 / Math.PI) : null;

    /// <summary>The name, which is what PowerShell binds where it can bind nothing better.</summary>
    public override string ToString() => Name;
}
