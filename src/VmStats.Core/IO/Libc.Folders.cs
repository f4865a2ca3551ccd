using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <content>The calls that take a folder's handle and a name in it.</content>
internal static unsafe partial class Libc
{
    private const int O_WRONLY = 1;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_EXCL = 0x80;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int AT_REMOVEDIR = 0x200;
    private const int AT_EMPTY_PATH = 0x1000;
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int LOCK_UN = 8;
    private const int MaximumPathBytes = 4096;

    /// <summary>
    /// Converts .NET's file modes to open flags. <see cref="FileMode.Create"/> doesn't truncate here; that is done once
    /// the file is open.
    /// </summary>
    internal static int FlagsOf(FileMode mode, FileAccess access) =>
        access switch { FileAccess.Read => O_RDONLY, FileAccess.Write => O_WRONLY, _ => O_RDWR }
        | mode switch
        {
            FileMode.Open => 0,
            FileMode.CreateNew => O_CREAT | O_EXCL,
            FileMode.OpenOrCreate or FileMode.Create => O_CREAT,
            _ => throw new ArgumentOutOfRangeException(nameof(mode)),
        };

    /// <summary>Opens a file or folder by its name in a folder; the handle owns its descriptor.</summary>
    internal static SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags) =>
        TryOpenAt(folder, name, flags, 0, out int error) ?? throw Failure(error, name);

    /// <summary>Opens or creates a file by its name in a folder.</summary>
    /// <returns>Null if that failed.</returns>
    internal static SafeFileHandle? TryOpenAt(SafeFileHandle folder, string name, int flags, UnixFileMode created, out int error)
    {
        int fd;
        do
        {
            fd = openat(folder, name, flags | O_CLOEXEC, (uint)created);
            error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == EINTR);
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Returns the metadata of an open file.</summary>
    internal static FileMetadata GetMetadata(SafeFileHandle file)
    {
        StatX buffer;
        Check(statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &buffer), "The handle");
        return buffer.ToFacts();
    }

    /// <summary>Returns the metadata of a name in a folder, of a link itself; null if there is none.</summary>
    internal static FileMetadata? Find(SafeFileHandle folder, string name)
    {
        StatX buffer;
        if (statx(folder, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &buffer) == 0)
        {
            return buffer.ToFacts();
        }

        int error = Marshal.GetLastPInvokeError();
        return error == ENOENT ? null : throw Failure(error, name);
    }

    /// <summary>Returns the target of a link that is open with O_PATH.</summary>
    internal static string ReadLink(SafeFileHandle link)
    {
        byte* target = stackalloc byte[MaximumPathBytes];
        nint length = readlinkat(link, "", target, MaximumPathBytes);
        return length >= 0 ? Encoding.UTF8.GetString(target, (int)length) : throw Failure(Marshal.GetLastPInvokeError(), "The link");
    }

    /// <summary>Creates a folder; an existing one is left unchanged.</summary>
    internal static void MakeFolder(SafeFileHandle folder, string name, UnixFileMode mode)
    {
        if (mkdirat(folder, name, (uint)mode) != 0 && Marshal.GetLastPInvokeError() is var error and not EEXIST)
        {
            throw Failure(error, name);
        }
    }

    internal static void MakePipe(SafeFileHandle folder, string name, UnixFileMode mode) => Check(mkfifoat(folder, name, (uint)mode), name);

    /// <summary>Removes a name. A missing file is not an error, nor is a folder that isn't empty.</summary>
    internal static void Remove(SafeFileHandle folder, string name, bool isFolder)
    {
        if (unlinkat(folder, name, isFolder ? AT_REMOVEDIR : 0) != 0 && Marshal.GetLastPInvokeError() is var error and not (ENOENT or ENOTEMPTY))
        {
            throw Failure(error, name);
        }
    }

    /// <summary>Renames within a folder.</summary>
    internal static void Move(SafeFileHandle folder, string from, string to, bool overwrite)
    {
        if (overwrite)
        {
            Check(renameat(folder, from, folder, to), to);
        }
        else if (linkat(folder, from, folder, to, 0) == 0)
        {
            // A hard link never replaces another file; once the old name is removed, it is the only name.
            Remove(folder, from, isFolder: false);
        }
        else
        {
            // Some file systems don't support hard links.
            int error = Marshal.GetLastPInvokeError();
            bool isUnsupported = error is EPERM or EOPNOTSUPP or ENOSYS;
            if (!isUnsupported || Find(folder, to) is not null)
            {
                throw Failure(isUnsupported ? EEXIST : error, to);
            }

            Check(renameat(folder, from, folder, to), to);
        }
    }

    internal static void ChangeOwner(SafeFileHandle file, uint user) => Check(fchown(file, user, uint.MaxValue), "The handle");

    /// <summary>Makes reads and writes block again; the file was opened as non-blocking.</summary>
    internal static void ClearNonBlocking(SafeFileHandle file) => Check(fcntl(file, F_SETFL, fcntl(file, F_GETFL, 0) & ~O_NONBLOCK), "The handle");

    /// <summary>Takes the same lock as .NET's sharing modes. On a file system without locks nothing is locked.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    internal static void Lock(SafeFileHandle file, bool isExclusive, string path)
    {
        if (flock(file, (isExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 && Marshal.GetLastPInvokeError() == EAGAIN)
        {
            throw Failure(EAGAIN, path);
        }
    }

    internal static void Unlock(SafeFileHandle file) => _ = flock(file, LOCK_UN);

    internal static void Sync(SafeFileHandle folder) => Check(fsync(folder), "The folder");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle folder, string name, int flags, uint mask, StatX* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(SafeFileHandle folder, string name, byte* buffer, nint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifoat(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat(SafeFileHandle folder, string from, SafeFileHandle toFolder, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(SafeFileHandle folder, string from, SafeFileHandle toFolder, string to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
