using Microsoft.Win32.SafeHandles;

namespace VmStats.Files;

/// <summary>
/// A folder held by a handle, through which alone its files are opened, made, renamed and removed: whatever becomes of its
/// path meanwhile, they are those of the folder that was checked. Links in it are never followed, and only regular files
/// are opened: a pipe or a device in a file's place would be read for ever.
/// </summary>
/// <remarks>Linux has the calls for it. Elsewhere paths are used, and no more than the folder and the file are looked at.</remarks>
internal sealed partial class PinnedFolder : IDisposable
{
    private const FileShare Everybody = FileShare.ReadWrite | FileShare.Delete;
    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const int FolderFlags = Libc.O_RDONLY | Libc.O_NONBLOCK;

    private readonly SafeFileHandle? _handle;

    private PinnedFolder(string path, SafeFileHandle? handle)
    {
        FullPath = path;
        _handle = handle;
    }

    /// <summary>The folder's path, as users know it.</summary>
    public string FullPath { get; }

    /// <summary>True when others may list it.</summary>
    public bool IsReadableByOthers => _handle is not null && (Libc.Look(_handle).Mode & OthersMayRead) != 0;

    /// <summary>Bytes that this user may still write to its disk.</summary>
    public long FreeBytes => new DriveInfo(Self).AvailableFreeSpace;

    // The folder itself as a path, for the few calls that take no handle.
    private string Self => _handle is null ? FullPath : $"/proc/self/fd/{_handle.DangerousGetHandle()}";

    /// <summary>Opens a folder, checked as its use wants it.</summary>
    /// <exception cref="UnsafePathException">Others could exchange it, or it is a link.</exception>
    /// <exception cref="IOException">It doesn't exist (a FileNotFoundException), or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static PinnedFolder Open(string path, FolderUse use)
    {
        // A link with a slash behind it would be followed.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!OperatingSystem.IsLinux())
        {
            return OpenByPath(full, use);
        }

        if (use == FolderUse.Read)
        {
            return new PinnedFolder(full, Libc.Open(full, Libc.O_PATH | Libc.O_DIRECTORY));
        }

        using SafeFileHandle found = FolderWalk.To(full, use);
        return new PinnedFolder(full, Libc.OpenAt(found, ".", FolderFlags | Libc.O_DIRECTORY));
    }

    /// <summary>As <see cref="Open"/>; null where it doesn't exist, isn't safe, or can't be opened.</summary>
    public static PinnedFolder? TryOpen(string path, FolderUse use)
    {
        try
        {
            return Open(path, use);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The path of a file in it, as users know it.</summary>
    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>What there is under a name, looked at without opening it; null when there is nothing.</summary>
    public FileFacts? Find(string name) => !IsPlain(name) ? null : _handle is null ? FileFacts.OfPath(PathOf(name)) : Libc.Find(_handle, name);

    /// <summary>The names of its files that fit a pattern, in no order.</summary>
    public string[] Names(string pattern) => [.. Directory.EnumerateFiles(Self, pattern).Select(path => Path.GetFileName(path)!)];

    /// <summary>Opens a regular file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mode">What to do where there is one, or none.</param>
    /// <param name="access">What it is for.</param>
    /// <param name="share"><see cref="FileShare.None"/> locks it for us alone, <see cref="FileShare.Read"/> against those who do; as .NET does on Unix.</param>
    /// <param name="created">The mode of a file that is made.</param>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device, or, for writing, another user's.</exception>
    /// <exception cref="IOException">It doesn't exist, is locked, or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public FileStream OpenFile(string name, FileMode mode, FileAccess access, FileShare share = Everybody, UnixFileMode created = UnixFiles.PrivateFile)
    {
        if (_handle is null)
        {
            RefuseUnsafe(name);
            return new FileStream(PathOf(name), UnixFiles.Options(mode, access, share, created));
        }

        // Not blocking, lest the open itself wait for the other end of a pipe.
        int flags = Libc.FlagsOf(mode, access) | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        SafeFileHandle? file = Libc.TryOpenAt(_handle, Plain(name), flags, created, out int error);
        if (file is null)
        {
            RefuseUnsafe(name, access);
            throw Libc.Failure(error, PathOf(name));
        }

        try
        {
            Judge(name, Libc.Look(file), access);
            Libc.LetBlock(file);
            FileStream stream = share == Everybody ? new FileStream(file, access, bufferSize: 0) : Lock(file, access, share, name);
            if (mode == FileMode.Create)
            {
                stream.SetLength(0);
            }

            return stream;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a regular file; null when there is none.</summary>
    /// <exception cref="UnsafePathException">It is something else.</exception>
    public byte[]? TryReadAllBytes(string name)
    {
        try
        {
            using FileStream file = OpenFile(name, FileMode.Open, FileAccess.Read);
            byte[] bytes = new byte[file.Length <= Array.MaxLength ? file.Length : throw new IOException($"'{PathOf(name)}' is too large.")];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>True for what would be refused when it is opened to write: a link, a pipe, a device, another user's file.</summary>
    public bool IsUnsafe(string name) => Find(name) is FileFacts facts && WhyUnsafe(facts, FileAccess.ReadWrite) is not null;

    /// <summary>Refuses what would be refused when it is opened.</summary>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device, or, for writing, another user's.</exception>
    public void RefuseUnsafe(string name, FileAccess access = FileAccess.ReadWrite)
    {
        if (Find(name) is FileFacts facts)
        {
            Judge(name, facts, access);
        }
    }

    /// <summary>Renames a file within the folder.</summary>
    public void Move(string from, string to, bool overwrite)
    {
        if (_handle is null)
        {
            File.Move(PathOf(Plain(from)), PathOf(Plain(to)), overwrite);
        }
        else
        {
            Libc.Move(_handle, Plain(from), Plain(to), overwrite);
        }
    }

    /// <summary>Removes a file, or a link itself; one that doesn't exist is no failure.</summary>
    public void Delete(string name)
    {
        if (_handle is null)
        {
            File.Delete(PathOf(Plain(name)));
        }
        else
        {
            Libc.Remove(_handle, Plain(name), isFolder: false);
        }
    }

    /// <summary>Makes renames and removals last over a power cut.</summary>
    public void Sync()
    {
        if (_handle is not null)
        {
            Libc.Sync(_handle);
        }
    }

    public void Dispose() => _handle?.Dispose();

    private static PinnedFolder OpenByPath(string full, FolderUse use)
    {
        if (use == FolderUse.Create)
        {
            UnixFiles.CreateFolder(full);
        }

        FileFacts? facts = FileFacts.OfPath(full);
        if (use is FolderUse.Write or FolderUse.Create && facts is { Kind: FileKind.Link })
        {
            throw new UnsafePathException(UnsafePath.FolderIsLink, full, "is a symbolic link");
        }

        return Directory.Exists(full) ? new PinnedFolder(full, null) : throw new FileNotFoundException($"There is no folder '{full}'.", full);
    }

    // Names come from state files and manifests, too: none leads out of the folder.
    private static bool IsPlain(string name) => name is not ("" or "." or "..") && Path.GetFileName(name) == name;

    private static string Plain(string name) => IsPlain(name) ? name : throw new IOException($"'{name}' is no file name.");

    private LockedStream Lock(SafeFileHandle file, FileAccess access, FileShare share, string name)
    {
        Libc.Lock(file, share == FileShare.None, PathOf(name));
        return new LockedStream(file, access);
    }

    private void Judge(string name, FileFacts facts, FileAccess access)
    {
        if (WhyUnsafe(facts, access) is string why)
        {
            throw new UnsafePathException(UnsafePath.File, PathOf(name), why);
        }
    }

    private string? WhyUnsafe(FileFacts facts, FileAccess access) =>
        !facts.IsRegular ? facts.Predicate
        : _handle is not null && access != FileAccess.Read && !FolderWalk.IsTrusted(facts.User) ? "belongs to another user"
        : null;

    /// <summary>A file that is locked as long as it is open.</summary>
    private sealed class LockedStream : FileStream
    {
        private readonly SafeFileHandle _file;

        public LockedStream(SafeFileHandle file, FileAccess access)
            : base(file, access, bufferSize: 0)
        {
            _file = file;
        }

        protected override void Dispose(bool disposing)
        {
            // A child process that is just being started has our handles until it runs: closing ours would unlock nothing.
            if (disposing && !_file.IsClosed)
            {
                Libc.Unlock(_file);
            }

            base.Dispose(disposing);
        }
    }
}
