using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <summary>
/// A folder held by a handle. Its files are opened, created, renamed and removed only through that handle, so they
/// belong to the folder that was checked even if its path is redirected meanwhile. Links in the folder are never
/// followed, and only regular files are opened: reading a pipe or a device in a file's place would never end.
/// </summary>
/// <remarks>Linux has the system calls for this. On other systems paths are used, and only the folder and the file are checked.</remarks>
internal sealed partial class PinnedFolder : IDisposable
{
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;
    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const int FolderFlags = Libc.O_RDONLY | Libc.O_NONBLOCK;

    private readonly SafeFileHandle? _handle;

    private PinnedFolder(string path, SafeFileHandle? handle)
    {
        FullPath = path;
        _handle = handle;
    }

    /// <summary>The folder's path, as it was given by the user.</summary>
    public string FullPath { get; }

    /// <summary>True when other users may list it.</summary>
    public bool IsReadableByOthers => _handle is not null && (Libc.GetMetadata(_handle).Mode & OthersMayRead) != 0;

    /// <summary>Free bytes on its disk that this user may write.</summary>
    public long FreeBytes => new DriveInfo(HandlePath).AvailableFreeSpace;

    // The folder itself as a path, for the few calls that don't accept a handle.
    private string HandlePath => _handle is null ? FullPath : $"/proc/self/fd/{_handle.DangerousGetHandle()}";

    /// <summary>Opens a folder, with the checks that its use requires.</summary>
    /// <exception cref="UnsafePathException">Other users could replace it, or it is a link.</exception>
    /// <exception cref="IOException">It doesn't exist (a FileNotFoundException), or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user lacks permission.</exception>
    public static PinnedFolder Open(string path, FolderUse use)
    {
        // With a trailing slash, a link would be followed.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!OperatingSystem.IsLinux())
        {
            return OpenByPath(full, use);
        }

        if (use == FolderUse.Read)
        {
            return new PinnedFolder(full, Libc.Open(full, Libc.O_PATH | Libc.O_DIRECTORY));
        }

        using SafeFileHandle found = FolderWalk.Open(full, use);
        return new PinnedFolder(full, Libc.OpenAt(found, ".", FolderFlags | Libc.O_DIRECTORY));
    }

    /// <summary>As <see cref="Open"/>; null if it doesn't exist, isn't safe, or can't be opened.</summary>
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

    /// <summary>The path of a file in the folder, for messages and records.</summary>
    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>Returns the metadata of a file without opening it; null if there is none.</summary>
    public FileMetadata? Find(string name) => !IsValidName(name) ? null : _handle is null ? FileMetadata.OfPath(PathOf(name)) : Libc.Find(_handle, name);

    /// <summary>The names of its files that match a pattern, in no particular order.</summary>
    public string[] Names(string pattern) => [.. Directory.EnumerateFiles(HandlePath, pattern).Select(path => Path.GetFileName(path)!)];

    /// <summary>Opens a regular file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mode">How to open or create the file.</param>
    /// <param name="access">The access to the file.</param>
    /// <param name="share"><see cref="FileShare.None"/> takes an exclusive lock, <see cref="FileShare.Read"/> a shared
    /// one, as .NET does on Unix.</param>
    /// <param name="created">The mode of a new file.</param>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device or, for writing, another user's file.</exception>
    /// <exception cref="IOException">It doesn't exist, is locked, or can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user lacks permission.</exception>
    public FileStream OpenFile(string name, FileMode mode, FileAccess access, FileShare share = ShareAll, UnixFileMode created = UnixFiles.PrivateFile)
    {
        if (_handle is null)
        {
            ThrowIfUnsafe(name);
            return new FileStream(PathOf(name), UnixFiles.Options(mode, access, share, created));
        }

        // Non-blocking, so that the open itself doesn't wait for the other end of a pipe.
        int flags = Libc.FlagsOf(mode, access) | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        SafeFileHandle? file = Libc.TryOpenAt(_handle, Validated(name), flags, created, out int error);
        if (file is null)
        {
            ThrowIfUnsafe(name, access);
            throw Libc.Failure(error, PathOf(name));
        }

        try
        {
            CheckSafe(name, Libc.GetMetadata(file), access);
            Libc.ClearNonBlocking(file);
            FileStream stream = share == ShareAll ? new FileStream(file, access, bufferSize: 0) : Lock(file, access, share, name);
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

    /// <summary>Reads the bytes of a regular file; null if there is none.</summary>
    /// <exception cref="UnsafePathException">It is not a regular file.</exception>
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

    /// <summary>True for a file that could not be opened for writing: a link, a pipe, a device, another user's file.</summary>
    public bool IsUnsafe(string name) => Find(name) is FileMetadata facts && WhyUnsafe(facts, FileAccess.ReadWrite) is not null;

    /// <summary>Throws for a file that could not be opened.</summary>
    /// <exception cref="UnsafePathException">It is a link, a pipe, a device or, for writing, another user's file.</exception>
    public void ThrowIfUnsafe(string name, FileAccess access = FileAccess.ReadWrite)
    {
        if (Find(name) is FileMetadata facts)
        {
            CheckSafe(name, facts, access);
        }
    }

    /// <summary>Renames a file within the folder.</summary>
    public void Move(string from, string to, bool overwrite)
    {
        if (_handle is null)
        {
            File.Move(PathOf(Validated(from)), PathOf(Validated(to)), overwrite);
        }
        else
        {
            Libc.Move(_handle, Validated(from), Validated(to), overwrite);
        }
    }

    /// <summary>Removes a file, or a link itself; a missing one is not an error.</summary>
    public void Delete(string name)
    {
        if (_handle is null)
        {
            File.Delete(PathOf(Validated(name)));
        }
        else
        {
            Libc.Remove(_handle, Validated(name), isFolder: false);
        }
    }

    /// <summary>Makes renames and removals durable, even if power is lost.</summary>
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

        FileMetadata? facts = FileMetadata.OfPath(full);
        if (use is FolderUse.Write or FolderUse.Create && facts is { Kind: FileKind.Link })
        {
            throw new UnsafePathException(UnsafePath.FolderIsLink, full, "is a symbolic link");
        }

        return Directory.Exists(full) ? new PinnedFolder(full, null) : throw new FileNotFoundException($"There is no folder '{full}'.", full);
    }

    // Names also come from state files and manifests: none of them may lead out of the folder.
    private static bool IsValidName(string name) => name is not ("" or "." or "..") && Path.GetFileName(name) == name;

    private static string Validated(string name) => IsValidName(name) ? name : throw new IOException($"'{name}' is no file name.");

    private LockedStream Lock(SafeFileHandle file, FileAccess access, FileShare share, string name)
    {
        Libc.Lock(file, share == FileShare.None, PathOf(name));
        return new LockedStream(file, access);
    }

    private void CheckSafe(string name, FileMetadata facts, FileAccess access)
    {
        if (WhyUnsafe(facts, access) is string why)
        {
            throw new UnsafePathException(UnsafePath.File, PathOf(name), why);
        }
    }

    private string? WhyUnsafe(FileMetadata facts, FileAccess access) =>
        !facts.IsRegular ? facts.Predicate
        : _handle is not null && access != FileAccess.Read && !FolderWalk.IsTrusted(facts.User) ? "belongs to another user"
        : null;

    /// <summary>A file that is locked while it is open.</summary>
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
            // A child process that is just being started inherits our handles until it executes: closing ours would not release the lock.
            if (disposing && !_file.IsClosed)
            {
                Libc.Unlock(_file);
            }

            base.Dispose(disposing);
        }
    }
}
