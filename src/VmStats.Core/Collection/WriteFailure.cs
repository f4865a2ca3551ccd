namespace VmStats.Collection;

/// <summary>Tells failures of a store, which pass or are mended, from failures of what is written to it.</summary>
internal static class WriteFailure
{
    /// <summary>True when the same points will fail again, whatever is done to the store or the connection.</summary>
    public static bool IsOfThePoints(VmStatsException failure) =>
        !failure.IsTransient && failure.Kind is VmStatsErrorKind.InvalidArgument or VmStatsErrorKind.InvalidData;
}
