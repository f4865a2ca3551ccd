using VmStats.Points;

namespace VmStats;

/// <summary>
/// The telemetry of a VM at one time: what was stored, and its growth since the sample before. What the hypervisor or
/// the guest didn't report is null, never zero. For a roll-up, a bucket of samples.
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

    /// <summary>The VM's identity; null in rows of writers that didn't record it.</summary>
    public Guid? Uuid => _data.Identity.Uuid;

    /// <summary>libvirt's run-time id, which changes at each start; null when it was off.</summary>
    public string? VmId => _data.VmId;

    /// <summary>The host that it ran on, as libvirt names it; null where it wasn't recorded.</summary>
    public string? HostName => _data.HostName;

    /// <summary>When the sample was taken; of a roll-up, the bucket's start; of a Missing VM, when the store was asked. Local time.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    public DateTime TimeUtc => UnixTime.FromNanoseconds(_data.Time).UtcDateTime;

    /// <summary>Time since the sample before, over which rates are computed; of a roll-up, the bucket's width. Null for a first sample.</summary>
    public TimeSpan? Interval => _data.Interval;

    /// <summary>How far it can be trusted.</summary>
    public TelemetryQuality Quality => _data.Quality;

    /// <summary>True when it is of a simulated fleet.</summary>
    public bool IsSimulated => _data.IsSimulated;

    /// <summary>True when the hypervisor could read only part of it.</summary>
    public bool IsPartial => _data.IsPartial;

    /// <summary>The VM's state; null where it wasn't recorded.</summary>
    public VmState? State => _data.State;

    /// <summary>virDomain*Reason of the state, a number.</summary>
    public int? StateReason => _data.StateReason;

    /// <summary>When the guest last reported its memory; null where it never did. Local time.</summary>
    public DateTime? MemoryReported => MemoryReportedUtc?.ToLocalTime();

    /// <summary><see cref="MemoryReported"/> in UTC.</summary>
    public DateTime? MemoryReportedUtc => _data.BalloonUpdate?.UtcDateTime;

    /// <summary>How the samples of the bucket became one value; null for a plain sample.</summary>
    public TelemetryRollup? Rollup { get; internal init; }

    /// <summary>Samples in the bucket; null for a plain sample.</summary>
    public int? SampleCount { get; internal init; }

    /// <summary>What the object computes from.</summary>
    internal ref readonly SampleData Data => ref _data;

    /// <summary>The value of a metric of the catalogue, in its unit; null when absent.</summary>
    /// <param name="name">The metric's name, in any case.</param>
    /// <exception cref="ArgumentException">No VM metric has this name.</exception>
    public double? GetMetric(string name) => _data.Get(VmMetrics.Set.Require(name));

    /// <summary>The angle of a rate in degrees, as the original's dashboard showed it: atan of the rate per second. Null when absent.</summary>
    /// <param name="name">A metric of kind Rate, in any case.</param>
    /// <exception cref="ArgumentException">No VM metric has this name.</exception>
    public double? AngleDegrees(string name) => GetMetric(name) is double rate ? Math.Atan(rate) * (180 / Math.PI) : null;

    /// <summary>The name, which is what PowerShell binds where it can bind nothing better.</summary>
    public override string ToString() => Name;
}
