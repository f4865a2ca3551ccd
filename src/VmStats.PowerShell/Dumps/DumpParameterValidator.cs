using VmStats.Errors;

namespace VmStats.PowerShell.Dumps;

/// <summary>Checks for combinations of dump parameters that are not allowed.</summary>
internal static class DumpParameterValidator
{
    /// <summary>Rejects flags that libvirt doesn't accept together, and levels that the compression doesn't have.</summary>
    /// <exception cref="VmStatsException"><c>DumpFlagsConflict</c>, <c>DumpLevelInvalid</c>.</exception>
    internal static void Check(bool crash, bool reset, bool live, MemoryDumpCompression compression, int? level)
    {
        string[] exclusive = [.. new[] { (crash, "-Crash"), (reset, "-Reset"), (live, "-Live") }.Where(flag => flag.Item1).Select(flag => flag.Item2)];
        if (exclusive.Length > 1)
        {
            throw new VmStatsException(ErrorIds.DumpFlagsConflict, VmStatsErrorKind.InvalidArgument, $"{string.Join(" and ", exclusive)} exclude each other.", "Give one of them.");
        }

        if (compression == MemoryDumpCompression.None && level is not null)
        {
            throw new VmStatsException(ErrorIds.DumpLevelInvalid, VmStatsErrorKind.InvalidArgument, "-CompressionLevel has no meaning with -Compression None.", "Leave out -CompressionLevel, or use -Compression Zstd or Gzip.");
        }

        if (compression == MemoryDumpCompression.Gzip && level > 9)
        {
            throw new VmStatsException(ErrorIds.DumpLevelInvalid, VmStatsErrorKind.InvalidArgument, $"gzip has no level {level}.", "Give 1 to 9, or use -Compression Zstd.");
        }
    }
}
