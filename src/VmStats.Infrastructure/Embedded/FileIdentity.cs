using VmStats.IO;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Identifies a file independently of its path, so that a replaced file is noticed. Read without opening the file: closing
/// a handle of a database file would release all locks that SQLite holds on it in this process (POSIX).
/// </summary>
/// <param name="Device">The device that contains the file.</param>
/// <param name="Number">The inode number on the device; it isn't reused while the file is open in any process.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    /// <summary>Returns the identity of the file at a path; null if there is no file, or if the operating system isn't Linux.</summary>
    public static FileIdentity? Of(string path) =>
        OperatingSystem.IsLinux() && Libc.Identify(path) is (ulong device, ulong number, _) ? new FileIdentity(device, number) : null;

    /// <summary>Returns true if the path exists but isn't a regular file: a pipe or a device, for example.</summary>
    public static bool IsSpecial(string path) => OperatingSystem.IsLinux() && Libc.Identify(path) is { IsRegular: false };
}
