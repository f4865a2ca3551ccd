using VmStats.IO;

namespace VmStats.Dumps.Capture;

/// <summary>Opens dump folders.</summary>
internal static class DumpFolder
{
    /// <summary>Opens a dump folder. By default it is created with mode 0700 if it doesn't exist.</summary>
    /// <exception cref="VmStatsException">The folder is a link, other users could replace it or its contents, or it
    /// can't be created or opened.</exception>
    public static PinnedFolder Open(string path, FolderUse use = FolderUse.Create)
    {
        try
        {
            return PinnedFolder.Open(path, use);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FolderUnusable(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), e);
        }
    }

    /// <summary>Refuses a folder that is not safe to write to. A missing folder is not an error.</summary>
    /// <exception cref="VmStatsException">The folder is a link, or other users could replace it or its contents.</exception>
    public static void ThrowIfUnsafe(string path)
    {
        if (Directory.Exists(path))
        {
            Open(path, FolderUse.Write).Dispose();
        }
    }
}
