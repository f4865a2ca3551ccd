using VmStats.IO;

namespace VmStats.Stores.Spool;

/// <summary>The location and maximum size of spools, and the handling of points that a store rejects.</summary>
internal sealed record SpoolOptions
{
    /// <summary>The folder that contains a subfolder per store.</summary>
    public string Root { get; init; } = DefaultRoot;

    /// <summary>The parent folder of <see cref="Root"/>, if it has already been opened and checked: it is used even if its path changes. Otherwise null.</summary>
    public PinnedFolder? Parent { get; init; }

    /// <summary>The size at which a segment is closed and the next one is started, in bytes.</summary>
    public long SegmentSize { get; init; } = 8L * 1024 * 1024;

    /// <summary>The maximum size of a store's spool, in bytes; beyond it, the oldest segments are dropped.</summary>
    public long MaximumSize { get; init; } = 1024L * 1024 * 1024;

    /// <summary>True if points that the store rejects stay in the spool to be retried later; otherwise they are written to the reject file.</summary>
    public bool KeepsRejected { get; init; }

    /// <summary>The default <see cref="Root"/>, in the user's data folder.</summary>
    public static string DefaultRoot => DataFolders.Data("spool");
}
