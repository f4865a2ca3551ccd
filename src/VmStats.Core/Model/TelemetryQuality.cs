namespace VmStats;

/// <summary>The quality of a telemetry object. If several values apply, it is the last of them in this list.</summary>
public enum TelemetryQuality
{
    /// <summary>A sample at the usual interval after the previous one, and no counter has decreased.</summary>
    Ok,

    /// <summary>Samples are missing before this one, so its rates are averages over a longer interval.</summary>
    Gap,

    /// <summary>A counter decreased or the VM was restarted; rates that would be wrong are absent.</summary>
    Reset,

    /// <summary>The latest sample, but too old for a running collector.</summary>
    Stale,

    /// <summary>The store has no sample of this VM.</summary>
    Missing,

    /// <summary>The sample's time is more than a minute ahead of the local clock. It is returned as the latest one only if there is no other.</summary>
    Ahead,
}
