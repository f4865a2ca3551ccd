using VmStats.Errors;
using VmStats.IO;


namespace VmStats.Stores.Spool;

/// <summary>The errors of a spool.</summary>
internal static class SpoolErrors
{
    /// <summary>Creates the exception for a spool, or a file in it, that can't be used.</summary>
    public static VmStatsException Unusable(string what, string path, Exception cause) => new(
        ErrorIds.SpoolWriteFailed,
        VmStatsErrorKind.WriteFailed,
        $"{what}: {cause.Message}",
        cause is UnsafePathException
            ? "Let nobody but this user and root write there (chmod go-w, chown), or set XDG_DATA_HOME; sudo -H has root use its own."
            : "Free some space there, or give this user the right to write in it.",
        path,
        cause);
}
