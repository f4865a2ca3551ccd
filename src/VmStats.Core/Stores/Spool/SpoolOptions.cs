namespace VmStats.Stores.Spool;

/// <summary>Where spools are and how large one may grow.</summary>
internal sealed record SpoolOptions
{
    /// <summary>The folder that holds a folder per store.</summary>
    public string Root { get; init; } = DefaultRoot;

    /// <summary>A segment that is as large is closed and the next begun, bytes.</summary>
    public long SegmentSize { get; init; } = 8L * 1024 * 1024;

    /// <summary>A store's spool drops its oldest segments beyond this size, bytes.</summary>
    public long MaximumSize { get; init; } = 1024L * 1024 * 1024;

    /// <summary>The folder under the user's data folder.</summary>
    public static string DefaultRoot => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "VmStats",
        "spool");
}
