using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace VmStats.MemoryDumps;

/// <summary>
/// The folder that dumps are kept in, held by a handle: whatever becomes of its name meanwhile, files go into the folder
/// that was checked.
/// </summary>
internal sealed class DumpFolder : IDisposable
{
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly SafeFileHandle? _handle;

    private DumpFolder(string path, SafeFileHandle? handle, bool isReadableByOthers)
    {
        FullPath = path;
        _handle = handle;
        IsReadableByOthers = isReadableByOthers;
    }

    /// <summary>The folder's path, as users know it.</summary>
    public string FullPath { get; }

    /// <summary>True when others may list it; the files in it are closed to them all the same.</summary>
    public bool IsReadableByOthers { get; }

    /// <summary>Bytes that this user may still write to its disk.</summary>
    public long FreeBytes => new DriveInfo(FullPath).AvailableFreeSpace;

    /// <summary>Opens the folder, making it with mode 0700 where it doesn't exist.</summary>
    /// <exception cref="VmStatsException">It is a link, can be written to by others, or can't be made.</exception>
    public static DumpFolder Open(string path)
    {
        // A link with a slash behind it would be followed.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                Directory.CreateDirectory(full);
                return new DumpFolder(full, null, isReadableByOthers: false);
            }

            if (new DirectoryInfo(full).LinkTarget is not null)
            {
                throw DumpErrors.FolderIsLink(full);
            }

            UnixFiles.CreateFolder(full);
            return Check(full, Libc.Open(full, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW));
        }
        catch (Win32Exception e) when (e.NativeErrorCode is Libc.ELOOP or Libc.ENOTDIR)
        {
            throw DumpErrors.FolderIsLink(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            throw DumpErrors.FolderUnusable(full, e);
        }
    }

    /// <summary>The path of a file in it, as users know it.</summary>
    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>The path of a file in it, by the handle.</summary>
    public string Pinned(string name) => _handle is null ? PathOf(name) : $"/proc/self/fd/{_handle.DangerousGetHandle()}/{name}";

    /// <summary>Makes renames and removals last over a power cut.</summary>
    public void Sync()
    {
        if (_handle is not null)
        {
            Libc.SyncFolder(_handle);
        }
    }

    public void Dispose() => _handle?.Dispose();

    private static DumpFolder Check(string path, SafeFileHandle handle)
    {
        (uint owner, UnixFileMode mode) = Libc.Stat($"/proc/self/fd/{handle.DangerousGetHandle()}", followLinks: true)
            ?? throw new IOException("It can't be looked at.");
        string? why = owner != Libc.EffectiveUserId && owner != 0 ? "belongs to another user"
            : (mode & OthersMayWrite) != 0 ? "can be written to by others"
            : null;
        if (why is not null)
        {
            handle.Dispose();
            throw DumpErrors.FolderNotPrivate(path, why);
        }

        return new DumpFolder(path, handle, (mode & OthersMayRead) != 0);
    }
}
