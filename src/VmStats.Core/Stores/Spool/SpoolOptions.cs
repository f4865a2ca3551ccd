using VmStats.IO;

namespace VmStats.Stores.Spool;

/// <summary>Where spools are, how large one may grow, and what becomes of points that a store refuses.</summary>
internal sealed record SpoolOptions
{
    /// <summary>The folder that holds a folder per store.</summary>
    public string Root { get; init; } = DefaultRoot;

    /// <summary>The folder that <see cref="Root"/> lies in, where it is held open and has been checked: whatever becomes of its path.</summary>
    public PinnedFolder? Parent { get; init; }

    /// <summary>A segment that is as large is closed and the next begun, bytes.</summary>
    public long SegmentSize { get; init; } = 8L * 1024 * 1024;

    /// <summary>A store's spool drops its oldest segments beyond this size, bytes.</summary>
    public long MaximumSize { get; init; } = 1024L * 1024 * 1024;

    /// <summary>True where points that the store refuses wait on, for a day on which it takes them; else they go to the reject file.</summary>
    public bool KeepsRejected { get; init; }

    /// <summary>The folder under the user's data folder.</summary>
    public static string DefaultRoot => DataFolders.Data("spool");
}
