using VmStats.Points;

namespace VmStats;

/// <summary>
/// The telemetry of a VM at one time: the stored values, and rates since the previous sample. Values that the hypervisor or
/// the guest didn't report are null, never zero. For a roll-up, a bucket of samples.
/// </summary>
public sealed partial class VmTelemetry
{
    private readonly SampleData _data;

    internal VmTelemetry(in SampleData data)
    {
        _data = data;
    }

    /// <summary>The VM's name when the sample was taken.</summary>
    public string Name => _data.Name ?? _data.Identity.Name ?? "";

    /// <summary>The VM's UUID; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid => _data.Identity.Uuid;

    /// <summary>libvirt's run-time id, which changes at each start; null if the VM was off.</summary>
    public string? VmId => _data.VmId;

    /// <summary>The name of its host, as reported by libvirt; null if it wasn't recorded.</summary>
    public string? HostName => _data.HostName;

    /// <summary>Time of the sample; for a roll-up, the bucket's start; for a VM of quality Missing, the time of the query. Local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    public DateTime TimeUtc => UnixTime.FromNanoseconds(_data.Time).UtcDateTime;

    /// <summary>Time since the previous sample, over which rates are computed; for a roll-up, the bucket's width. Null for a first sample.</summary>
    public TimeSpan? Interval => _data.Interval;

    /// <summary>The quality of the sample.</summary>
    public TelemetryQuality Quality => _data.Quality;

    /// <summary>True for a VM of a simulated fleet.</summary>
    public bool IsSimulated => _data.IsSimulated;

    /// <summary>True if the hypervisor could read only some of the values.</summary>
    public bool IsPartial => _data.IsPartial;

    /// <summary>The VM's state; null if it wasn't recorded.</summary>
    public VmState? State => _data.State;

    /// <summary>The reason for the state, a number of libvirt's virDomain*Reason enumerations.</summary>
    public int? StateReason => _data.StateReason;

    /// <summary>Time of the guest's last report of its memory; null if it never reported it. Local time.</summary>
    public DateTime? MemoryReported => MemoryReportedUtc?.ToLocalTime();

    /// <summary><see cref="MemoryReported"/> in UTC.</summary>
    public DateTime? MemoryReportedUtc => _data.BalloonUpdate?.UtcDateTime;

    /// <summary>The aggregate function of the bucket; null for a plain sample.</summary>
    public TelemetryRollup? Rollup { get; internal init; }

    /// <summary>Number of samples in the bucket; null for a plain sample.</summary>
    public int? SampleCount { get; internal init; }

    /// <summary>The data from which the properties are computed.</summary>
    internal ref readonly SampleData Data => ref _data;

    /// <summary>Returns the value of a metric of the catalogue, in its unit; null when absent.</summary>
    /// <param name="name">The metric's name, case-insensitive.</param>
    /// <exception cref="ArgumentException">No VM metric has this name.</exception>
    public double? GetMetric(string name) => _data.Get(VmMetrics.Set.Require(name));

    /// <summary>Returns the angle of a rate in degrees, as the original's dashboard showed it: atan of the rate per second. Null when absent.</summary>
    /// <param name="name">A metric of kind Rate, case-insensitive.</param>
    /// <exception cref="ArgumentException">No VM metric has this name.</exception>
    public double? AngleDegrees(string name) => GetMetric(name) is double rate ? Math.Atan(rate) * (180 / Math.PI) : null;

    /// <summary>The name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
