namespace VmStats.Telemetry.Rollups;

/// <summary>How the samples of a range are aggregated into buckets.</summary>
/// <param name="Interval">Width of a bucket in nanoseconds, over 0; buckets are aligned to 1970-01-01 UTC.</param>
/// <param name="Rollup">The aggregate function.</param>
/// <param name="Fill">What is returned for a bucket without samples.</param>
/// <param name="Metrics">The metrics to aggregate; the others are absent.</param>
internal sealed record RollupRequest(
    long Interval, TelemetryRollup Rollup, TelemetryFill Fill, IReadOnlyList<VmTelemetryMetric> Metrics);
