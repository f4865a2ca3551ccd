using VmStats.IO;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Tells a file from the one that has come in its place. Learnt without opening it: closing a handle of a database file
/// would drop all locks that SQLite holds on it in this process.
/// </summary>
/// <param name="Device">The device that it lies on.</param>
/// <param name="Number">Its inode there; no other file has it while this one is open anywhere.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    /// <summary>The file at a path; null where there is none, or where the system has no such thing.</summary>
    public static FileIdentity? Of(string path) =>
        OperatingSystem.IsLinux() && Libc.Identify(path) is (ulong device, ulong number, _) ? new FileIdentity(device, number) : null;

    /// <summary>True when there is something at the path that is no file of the ordinary kind: a pipe, a device.</summary>
    public static bool IsSpecial(string path) => OperatingSystem.IsLinux() && Libc.Identify(path) is { IsRegular: false };
}
