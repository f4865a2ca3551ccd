namespace VmStats.Telemetry.Series;

/// <summary>What a reader takes for granted.</summary>
internal sealed record TelemetryReaderOptions
{
    /// <summary>Age from which a latest sample is stale; null for five times the usual spacing, from 30 seconds to 15 minutes.</summary>
    public TimeSpan? StaleAfter { get; init; }

    /// <summary>A spacing of more than so many times the usual one is a gap. A single missed poll doubles the spacing.</summary>
    public double GapFactor { get; init; } = 1.8;

    /// <summary>The clock that ages are measured by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
