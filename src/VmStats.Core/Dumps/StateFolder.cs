using VmStats.IO;

namespace VmStats.Dumps;

/// <summary>Opens the folder of state files, locks and the records that could not be spooled in their dump folder.</summary>
internal static class StateFolder
{
    /// <summary>Opens a state folder for writing, creating it if it doesn't exist.</summary>
    /// <exception cref="VmStatsException"><c>DumpStateFolderUnusable</c>: other users could replace the folder or its
    /// contents, or it can't be created.</exception>
    public static PinnedFolder Open(string folder)
    {
        try
        {
            return PinnedFolder.Open(folder, FolderUse.Create);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.StateFolderUnusable(folder, e);
        }
    }
}
