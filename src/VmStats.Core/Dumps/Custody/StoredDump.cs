using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>A dump that lies in a folder, and the folder: its file, manifest and ledger are of that folder until the end.</summary>
internal sealed class StoredDump : IDisposable
{
    private StoredDump(PinnedFolder folder, string name) => (Folder, Name) = (folder, name);

    /// <summary>The folder that it lies in.</summary>
    public PinnedFolder Folder { get; }

    /// <summary>Its file's name.</summary>
    public string Name { get; }

    /// <summary>Its path, as users know it.</summary>
    public string FullPath => Folder.PathOf(Name);

    /// <summary>The ledger beside it.</summary>
    public Ledger Ledger => new(Folder);

    /// <summary>Finds a dump.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="use">What its folder is opened for.</param>
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
            // Nor is there a dump in a folder that isn't there.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder?.Dispose();
            throw DumpErrors.FolderUnusable(Path.GetDirectoryName(full) ?? full, e);
        }

        folder?.Dispose();
        throw DumpErrors.NotFound(full);
    }

    /// <summary>The manifest beside it, or null where there is none.</summary>
    public DumpManifest? TryReadManifest() => DumpCustody.TryReadManifest(Folder, Name);

    /// <summary>Opens its file.</summary>
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
