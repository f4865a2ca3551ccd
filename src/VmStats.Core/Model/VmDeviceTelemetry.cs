using VmStats.Points;

namespace VmStats;

/// <summary>
/// The telemetry of one NIC or disk of a VM at one time. The properties of the other device type are null, as are
/// values that the hypervisor didn't report.
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

    /// <summary>The VM's UUID; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid => _data.Identity.Uuid;

    /// <summary>libvirt's run-time id, which changes at each start.</summary>
    public string? VmId => _data.VmId;

    /// <summary>The name of its host, as reported by libvirt; null if it wasn't recorded.</summary>
    public string? HostName => _data.HostName;

    /// <summary>The device: for a NIC, its interface on the host, such as <c>vnet0</c>; for a disk, its target, such as <c>vda</c>.</summary>
    public string Device => _data.Device ?? "";

    /// <summary><c>nic</c> or <c>disk</c>.</summary>
    public string DeviceType => _data.DeviceType ?? "";

    /// <summary>Time of the sample; for a roll-up, the bucket's start. Local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime TimeUtc => UnixTime.FromNanoseconds(_data.Time).UtcDateTime;

    /// <summary>Time since the previous sample, over which rates are computed; for a roll-up, the bucket's width. Null for a first sample.</summary>
    public TimeSpan? Interval => _data.Interval;

    /// <summary>The quality of the sample.</summary>
    public TelemetryQuality Quality => _data.Quality;

    /// <summary>True for a VM of a simulated fleet.</summary>
    public bool IsSimulated => _data.IsSimulated;

    /// <summary>The aggregate function of the bucket; null for a plain sample.</summary>
    public TelemetryRollup? Rollup { get; internal init; }

    /// <summary>Number of samples in the bucket; null for a plain sample.</summary>
    public int? SampleCount { get; internal init; }

    /// <summary>The data from which the properties are computed.</summary>
    internal ref readonly SampleData Data => ref _data;

    /// <summary>Returns the value of a metric of the catalogue, in its unit; null when absent.</summary>
    /// <param name="name">The metric's name, case-insensitive.</param>
    /// <exception cref="ArgumentException">No device metric has this name.</exception>
    public double? GetMetric(string name) => _data.Get(DeviceMetrics.Set.Require(name));

    /// <summary>Returns the angle of a rate in degrees, as the original's dashboard showed it: atan of the rate per second. Null when absent.</summary>
    /// <param name="name">A metric of kind Rate, case-insensitive.</param>
    /// <exception cref="ArgumentException">No device metric has this name.</exception>
    public double? AngleDegrees(string name) => GetMetric(name) is double rate ? Math.Atan(rate) * (180 / Math.PI) : null;

    /// <summary>The name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
