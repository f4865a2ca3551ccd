using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <summary>The few system calls that .NET doesn't expose. Linux only.</summary>
internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0;
    internal const int O_NOCTTY = 0x100;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;
    internal const short POLLIN = 1;
    internal const short POLLHUP = 16;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int ENOTDIR = 20;
    internal const int ENOSPC = 28;
    internal const int ELOOP = 40;
    internal const int EDQUOT = 122;
    private const int EPERM = 1;
    private const int EACCES = 13;
    private const int EEXIST = 17;
    private const int ENOTEMPTY = 39;
    private const int ENOSYS = 38;
    private const int EOPNOTSUPP = 95;
    private const ushort S_IFMT = 0xf000;
    private const ushort S_IFREG = 0x8000;
    private const int F_SETPIPE_SZ = 1031;
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const uint STATX_BASIC_STATS = 0x7ff;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    // The values of these two flags differ on ARM.
    internal static int O_DIRECTORY => IsArm ? 0x4000 : 0x10000;

    internal static int O_NOFOLLOW => IsArm ? 0x8000 : 0x20000;

    internal static uint EffectiveUserId => geteuid();

    /// <summary>Opens a path; the handle owns its descriptor.</summary>
    internal static SafeFileHandle Open(string path, int flags)
    {
        int fd = open(path, flags | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>Returns the exception that .NET's own file calls would throw.</summary>
    internal static Exception Failure(int error, string path)
    {
        string message = $"{path}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error switch
        {
            ENOENT => new FileNotFoundException(message, path),
            EACCES or EPERM => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }

    /// <summary>Requests a larger pipe buffer; a refusal only affects performance.</summary>
    internal static void SetPipeSize(SafeFileHandle pipe, int bytes) => _ = fcntl(pipe, F_SETPIPE_SZ, bytes);

    /// <summary>Returns the owner and permission bits, by default of a link itself rather than its target.</summary>
    /// <returns>Null if there is no such file, or it can't be examined.</returns>
    internal static (uint User, UnixFileMode Mode)? Stat(string path, bool followLinks = false)
    {
        StatX buffer;
        return statx(AT_FDCWD, path, followLinks ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &buffer) == 0
            ? (buffer.User, (UnixFileMode)(buffer.Mode & 0xfff))
            : null;
    }

    /// <summary>Returns the identity of a file (device and inode), whatever its name; links are followed, nothing is opened.</summary>
    /// <returns>Null if there is no such file, or it can't be examined.</returns>
    internal static (ulong Device, ulong Number, bool IsRegular)? Identify(string path)
    {
        StatX buffer;
        return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &buffer) == 0
            ? (((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor, buffer.Number, (buffer.Mode & S_IFMT) == S_IFREG)
            : null;
    }

    /// <summary>Waits until a handle is readable or its writer has closed it.</summary>
    /// <returns>The events; 0 after the timeout.</returns>
    internal static short Poll(SafeFileHandle handle, int milliseconds)
    {
        PollFd fd = new() { Fd = (int)handle.DangerousGetHandle(), Events = POLLIN };
        int count = poll(&fd, 1, milliseconds);
        if (count < 0 && Marshal.GetLastPInvokeError() != EINTR)
        {
            throw Failure(Marshal.GetLastPInvokeError(), "The pipe");
        }

        return count > 0 ? fd.Returned : (short)0;
    }

    /// <summary>Reads the bytes that are available.</summary>
    /// <returns>The number of bytes; 0 at the end; -1 if nothing is available now.</returns>
    internal static int Read(SafeFileHandle handle, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = read((int)handle.DangerousGetHandle(), start, buffer.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            int error = Marshal.GetLastPInvokeError();
            return error is EAGAIN or EINTR ? -1 : throw Failure(error, "The pipe");
        }
    }

    private static void Check(int result, string subject)
    {
        if (result != 0)
        {
            throw Failure(Marshal.GetLastPInvokeError(), subject);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, StatX* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFd* fds, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    // struct statx is the same on every architecture; only these members are read.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Number;

        [FieldOffset(40)]
        public long Length;

        [FieldOffset(64)]
        public StatXTime LastAccess;

        [FieldOffset(112)]
        public StatXTime LastWrite;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        public readonly FileMetadata ToFacts() => new(
            (Mode & 0xf000) switch
            {
                0x8000 => FileKind.Regular,
                0x4000 => FileKind.Folder,
                0xa000 => FileKind.Link,
                0x1000 => FileKind.Pipe,
                0xc000 => FileKind.Socket,
                _ => FileKind.Device,
            },
            User,
            (UnixFileMode)(Mode & 0xfff),
            Length,
            (((ulong)DeviceMajor << 32) | DeviceMinor, Number),
            LastWrite.ToDateTime(),
            LastAccess.ToDateTime());
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private struct StatXTime
    {
        public long Seconds;
        public uint Nanoseconds;

        public readonly DateTime ToDateTime() => DateTime.UnixEpoch.AddSeconds(Seconds).AddTicks(Nanoseconds / 100);
    }
}
