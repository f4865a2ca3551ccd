namespace VmStats.Telemetry.Series;

/// <summary>The options of a telemetry reader.</summary>
internal sealed record TelemetryReaderOptions
{
    /// <summary>Age above which the latest sample is stale; null for five times the usual spacing, but between 30 seconds and 15 minutes.</summary>
    public TimeSpan? StaleAfter { get; init; }

    /// <summary>A spacing of more than this multiple of the usual one is a gap. A single missed poll doubles the spacing.</summary>
    public double GapFactor { get; init; } = 1.8;

    /// <summary>The clock that ages are measured by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
