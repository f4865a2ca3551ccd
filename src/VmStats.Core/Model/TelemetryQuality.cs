namespace VmStats;

/// <summary>How far a telemetry object can be trusted. Where several apply, the later one in this list is told.</summary>
public enum TelemetryQuality
{
    /// <summary>A sample at its usual distance from the one before, all counters going forward.</summary>
    Ok,

    /// <summary>Samples are missing before this one: its rates are averages over a longer interval.</summary>
    Gap,

    /// <summary>A counter went back or the VM was started anew: rates that would be wrong are absent.</summary>
    Reset,

    /// <summary>The latest sample, but older than a running collector would leave it.</summary>
    Stale,

    /// <summary>The store has no sample of this VM.</summary>
    Missing,

    /// <summary>The sample's time is ahead of the clock here by more than a minute. As the latest it is shown only where there is no other.</summary>
    Ahead,
}
