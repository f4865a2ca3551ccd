using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>An existing dump and its open folder. The dump's file, manifest and ledger are always opened in that same folder, even if its path changes.</summary>
internal sealed class StoredDump : IDisposable
{
    private StoredDump(PinnedFolder folder, string name) => (Folder, Name) = (folder, name);

    /// <summary>The folder that contains the dump.</summary>
    public PinnedFolder Folder { get; }

    /// <summary>The dump's file name.</summary>
    public string Name { get; }

    /// <summary>The dump's full path, to show to users.</summary>
    public string FullPath => Folder.PathOf(Name);

    /// <summary>The ledger of the folder.</summary>
    public Ledger Ledger => new(Folder);

    /// <summary>Opens the folder of an existing dump.</summary>
    /// <param name="path">The dump's path.</param>
    /// <param name="use">The purpose for which the folder is opened.</param>
    /// <exception cref="VmStatsException"><c>DumpNotFound</c>, or the folder can't be used.</exception>
    public static StoredDump Open(string path, FolderUse use)
    {
        string full = Path.GetFullPath(path);
        PinnedFolder? folder = null;
        try
        {
            folder = PinnedFolder.Open(Path.GetDirectoryName(full) ?? full, use);
            string name = Path.GetFileName(full);
            if (name.Length > 0 && folder.Find(name) is { Kind: not FileKind.Folder })
            {
                return new StoredDump(folder, name);
            }
        }
        catch (FileNotFoundException)
        {
            // The folder doesn't exist, so neither does the dump.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder?.Dispose();
            throw DumpErrors.FolderUnusable(Path.GetDirectoryName(full) ?? full, e);
        }

        folder?.Dispose();
        throw DumpErrors.NotFound(full);
    }

    /// <summary>Reads the dump's manifest; returns null if there is none.</summary>
    public DumpManifest? TryReadManifest() => DumpCustody.TryReadManifest(Folder, Name);

    /// <summary>Opens the dump's file for reading.</summary>
    /// <exception cref="VmStatsException"><c>DumpFileUnsafe</c>, <c>DumpUnreadable</c>.</exception>
    public FileStream OpenFile()
    {
        try
        {
            return Folder.OpenFile(Name, FileMode.Open, FileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.Unreadable(FullPath, e);
        }
    }

    public void Dispose() => Folder.Dispose();
}
