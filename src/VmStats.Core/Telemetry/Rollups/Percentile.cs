namespace VmStats.Telemetry.Rollups;

/// <summary>Percentiles by nearest rank: the smallest value that is greater than or equal to at least p percent of the values.</summary>
internal static class Percentile
{
    /// <summary>Returns the zero-based index of a percentile in n sorted values: ceil(p / 100 × n) - 1.</summary>
    /// <param name="percent">Over 0, up to 100.</param>
    /// <param name="count">Number of values, 1 or more.</param>
    public static long Rank(int percent, long count) => Math.Max(0, (long)(((Int128)percent * count + 99) / 100) - 1);

    /// <summary>Returns the percentile that a roll-up computes; null if it isn't a percentile.</summary>
    public static int? Of(TelemetryRollup rollup) => rollup switch
    {
        TelemetryRollup.P50 => 50,
        TelemetryRollup.P90 => 90,
        TelemetryRollup.P95 => 95,
        TelemetryRollup.P99 => 99,
        _ => null,
    };
}
