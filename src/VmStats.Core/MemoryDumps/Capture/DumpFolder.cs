using VmStats.Files;

namespace VmStats.MemoryDumps;

/// <summary>Opens folders that dumps are kept in.</summary>
internal static class DumpFolder
{
    /// <summary>Opens the folder; to keep dumps, making it with mode 0700 where it doesn't exist.</summary>
    /// <exception cref="VmStatsException">It is a link, others could exchange it or what is in it, or it can't be made or opened.</exception>
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

    /// <summary>Refuses a folder that nothing is to be written to. One that isn't there is no failure.</summary>
    /// <exception cref="VmStatsException">It is a link, or others could exchange it or what is in it.</exception>
    public static void RefuseUnsafe(string path)
    {
        if (Directory.Exists(path))
        {
            Open(path, FolderUse.Write).Dispose();
        }
    }
}
