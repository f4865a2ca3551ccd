using Microsoft.Win32.SafeHandles;
using VmStats.Files;

namespace VmStats.MemoryDumps;

/// <summary>
/// The file that a dump is written to: made new under a temporary name with mode 0600 and locked while it is ours; synced,
/// renamed and sealed 0400 at the end; removed when the end isn't reached.
/// </summary>
internal sealed class DumpFile : IDisposable
{
    public const string PartialSuffix = ".partial";

    private readonly PinnedFolder _folder;
    private readonly string _partialName;
    private FileStream? _stream;

    private DumpFile(PinnedFolder folder, string partialName, FileStream stream)
    {
        _folder = folder;
        _partialName = partialName;
        _stream = stream;
    }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle => _stream!.SafeFileHandle;

    /// <summary>Its path while it is not complete.</summary>
    public string PartialPath => _folder.PathOf(_partialName);

    /// <summary>Its name while it is not complete.</summary>
    public static string PartialName(Guid dump) => $".{dump:N}{PartialSuffix}";

    /// <summary>Makes the file. CreateNew never follows a link and never opens what is there.</summary>
    public static DumpFile Create(PinnedFolder folder, Guid dump)
    {
        string name = PartialName(dump);
        try
        {
            return new DumpFile(folder, name, folder.OpenFile(name, FileMode.CreateNew, FileAccess.Write, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(folder.FullPath, e);
        }
    }

    /// <summary>Syncs the file, gives it its name (an existing file is never replaced) and seals it.</summary>
    /// <returns>Its path.</returns>
    public string Commit(string name)
    {
        try
        {
            _stream!.Flush(flushToDisk: true);
            UnixFiles.SetMode(_stream.SafeFileHandle, UnixFiles.Sealed);
            _folder.Move(_partialName, name, overwrite: false);
            _folder.Sync();
            _stream.Dispose();
            _stream = null;
            return _folder.PathOf(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(_folder.FullPath, e);
        }
    }

    public void Dispose()
    {
        if (_stream is not null)
        {
            // Removed while still locked, so that nobody else takes it for an orphan.
            _folder.Delete(_partialName);
            _stream.Dispose();
            _stream = null;
        }
    }
}
