using Microsoft.Win32.SafeHandles;
using VmStats.IO;

namespace VmStats.Dumps.Image;

/// <summary>
/// The file that a dump is written to: created under a temporary name with mode 0600 and locked while it is being
/// written; flushed, renamed and made read-only (0400) on completion; removed if the dump doesn't complete.
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

    /// <summary>Its path until it is complete.</summary>
    public string PartialPath => _folder.PathOf(_partialName);

    /// <summary>A dump's file name until the dump is complete.</summary>
    public static string PartialName(Guid dump) => $".{dump:N}{PartialSuffix}";

    /// <summary>Creates the file. CreateNew never follows a link and never opens an existing file.</summary>
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

    /// <summary>Flushes the file to disk, gives it its final name (an existing file is never replaced) and makes it read-only.</summary>
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
            // Removed while it is still locked, so that no other process mistakes it for an orphan.
            _folder.Delete(_partialName);
            _stream.Dispose();
            _stream = null;
        }
    }
}
