namespace VmStats.Telemetry.Rollups;

/// <summary>What is to be made of the samples of a range.</summary>
/// <param name="Interval">Width of a bucket in nanoseconds, over 0; buckets are aligned to 1970-01-01 UTC.</param>
/// <param name="Rollup">How the samples of a bucket become one value.</param>
/// <param name="Fill">What stands for a bucket without samples.</param>
/// <param name="Metrics">The metrics wanted; the others are absent.</param>
internal sealed record RollupRequest(
    long Interval, TelemetryRollup Rollup, TelemetryFill Fill, IReadOnlyList<VmTelemetryMetric> Metrics);
