using System.Globalization;
using VmStats.Errors;
using VmStats.IO;

namespace VmStats.Dumps;

/// <summary>Creates the exceptions of the dump engine. Their error ids never change.</summary>
internal static class DumpErrors
{
    public static VmStatsException RemoteRefused(string uri) => new(
        ErrorIds.DumpRemoteRefused,
        VmStatsErrorKind.NotSupported,
        $"The hypervisor '{uri}' is not on this host: libvirt would write the image there, where it can't be read from here.",
        "Run Invoke-MemoryDump on that host (Invoke-Command -HostName ... over SSH), or name its dump service with -ServiceUrl.",
        uri);

    public static VmStatsException AlreadyRunning(string name) => new(
        ErrorIds.DumpAlreadyRunning,
        VmStatsErrorKind.ResourceBusy,
        $"A dump of the VM '{name}' is already running.",
        "Wait for it (Get-MemoryDumpStatus), or stop it with Stop-MemoryDump.",
        name);

    public static VmStatsException NotFound(string path) => new(
        ErrorIds.DumpNotFound,
        VmStatsErrorKind.NotFound,
        $"There is no dump '{path}'.",
        "Get-MemoryDumpRecord shows where dumps are; a path is that of the host where the dump was taken.",
        path);

    public static VmStatsException NotFoundOf(string vms, string folder) => new(
        ErrorIds.DumpNotFound,
        VmStatsErrorKind.NotFound,
        $"There is no dump of {vms} in the folder '{folder}'.",
        "Get-MemoryDumpRecord shows where dumps are; -Folder (or DUMP_DIR) names another folder.",
        folder);

    public static VmStatsException FolderNotFound(string path) => new(
        ErrorIds.DumpFolderNotFound,
        VmStatsErrorKind.NotFound,
        $"There is no dump folder '{path}'.",
        "Name the folder with -Folder (or DUMP_DIR); Get-MemoryDumpRecord shows where dumps are.",
        path);

    public static VmStatsException RuleMissing(string folder) => new(
        ErrorIds.DumpRuleMissing,
        VmStatsErrorKind.InvalidArgument,
        $"No rule selects the dumps in the folder '{folder}' to remove.",
        "Give a rule (-OlderThan 30d, -KeepLast 3, -MaximumSize 500GB), or name the dumps by -Path or down the pipeline.",
        folder);

    public static VmStatsException NotRunning(string name, VmState state) => new(
        ErrorIds.VmNotRunning,
        VmStatsErrorKind.InvalidOperation,
        $"The VM '{name}' has no memory to dump: its state is {state}.",
        "Start the VM first.",
        name);

    public static VmStatsException FolderIsLink(string path) => new(
        ErrorIds.DumpFolderIsLink,
        VmStatsErrorKind.PermissionDenied,
        $"The dump folder '{path}' is a symbolic link: anyone who can change the link could redirect the memory image.",
        "Name the folder that it points to.",
        path);

    public static VmStatsException FolderNotPrivate(string path, string why) => new(
        ErrorIds.DumpFolderNotPrivate,
        VmStatsErrorKind.PermissionDenied,
        $"The folder '{path}' {why}: other users could replace or remove the files written there.",
        "Name a folder that only you and root can write to, and likewise all its parent folders; a folder that doesn't exist yet is created with mode 0700. Or remove the other users' write permission (chmod go-w).",
        path);

    public static VmStatsException FileUnsafe(string path, string why) => new(
        ErrorIds.DumpFileUnsafe,
        VmStatsErrorKind.PermissionDenied,
        $"'{path}' {why}, not a regular file of your own: it was not opened.",
        "Find out who put it there, and move it away. If it is a link to a dump, give the dump's own path.",
        path);

    public static VmStatsException StateFolderUnusable(string folder, Exception cause) => new(
        ErrorIds.DumpStateFolderUnusable,
        VmStatsErrorKind.WriteFailed,
        $"The folder for the states of dumps, '{folder}', can't be used: {cause.Message}",
        "Correct its permissions, or set XDG_STATE_HOME.",
        folder,
        cause);

    public static VmStatsException FolderUnusable(string path, Exception cause) => cause is UnsafePathException refused ? Unsafe(refused) : new(
        ErrorIds.DumpFolderUnusable,
        cause is UnauthorizedAccessException ? VmStatsErrorKind.PermissionDenied : VmStatsErrorKind.WriteFailed,
        $"The dump folder '{path}' can't be used: {cause.Message}",
        "Name another folder with -Path (or DUMP_DIR), or correct this one's permissions.",
        path,
        cause);

    public static VmStatsException Unreadable(string dump, Exception cause) => cause is UnsafePathException refused ? Unsafe(refused) : new(
        ErrorIds.DumpUnreadable,
        cause is UnauthorizedAccessException ? VmStatsErrorKind.PermissionDenied : VmStatsErrorKind.Unavailable,
        $"The dump '{dump}' can't be read: {cause.Message}",
        "Run as the user that took it, or check the disk.",
        dump,
        cause);

    public static VmStatsException DiskFull(string path, long needed, long free) => new(
        ErrorIds.DiskFull,
        VmStatsErrorKind.WriteFailed,
        $"There is not enough space in '{path}': {Size(free)} are free, about {Size(needed)} are needed.",
        "Free some space (Remove-MemoryDump), or name a folder on another disk with -Path.",
        path);

    public static VmStatsException DiskFull(string path, Exception? cause = null) => new(
        ErrorIds.DiskFull,
        VmStatsErrorKind.WriteFailed,
        $"The disk of '{path}' filled up during the dump; the partial file was removed.",
        "Free some space (Remove-MemoryDump), or name a folder on another disk with -Path.",
        path,
        cause);

    public static VmStatsException WriteFailed(string path, Exception cause) => cause is UnsafePathException refused ? Unsafe(refused) : new(
        ErrorIds.DumpWriteFailed,
        cause is UnauthorizedAccessException ? VmStatsErrorKind.PermissionDenied : VmStatsErrorKind.WriteFailed,
        $"The dump could not be written to '{path}': {cause.Message}",
        "Check the disk and the folder's permissions, or name another folder with -Path.",
        path,
        cause);

    public static VmStatsException Stalled(string name, TimeSpan limit, string who) => new(
        ErrorIds.DumpStalled,
        VmStatsErrorKind.Timeout,
        string.Create(CultureInfo.InvariantCulture, $"The dump of '{name}' made no progress for {limit.TotalSeconds:0.#} s ({who}); the stream was closed so that the guest resumes."),
        "Check the disk and the hypervisor's log.",
        name);

    public static VmStatsException TimedOut(string name, TimeSpan limit) => new(
        ErrorIds.DumpTimeout,
        VmStatsErrorKind.Timeout,
        string.Create(CultureInfo.InvariantCulture, $"The dump of '{name}' took longer than {limit.TotalSeconds:0.#} s and was stopped."),
        "Allow more with -Timeout, or use a faster compression.",
        name);

    public static VmStatsException Cancelled(string name) => new(
        ErrorIds.DumpCancelled,
        VmStatsErrorKind.InvalidOperation,
        $"The dump of '{name}' was stopped.",
        "Start it again when you are ready.",
        name);

    public static VmStatsException Incomplete(string name, long got, long expected) => new(
        ErrorIds.DumpIncomplete,
        VmStatsErrorKind.InvalidData,
        $"The dump of '{name}' ended early: {got} bytes arrived, but its header announces {expected}.",
        "Take it again; the VM may have stopped during the dump.",
        name);

    public static VmStatsException NotElf(string name) => new(
        ErrorIds.DumpNotElf,
        VmStatsErrorKind.InvalidData,
        $"The hypervisor's output for '{name}' is not an ELF core.",
        "Use a hypervisor driver that dumps memory (QEMU); libvirt's test driver doesn't.",
        name);

    public static VmStatsException FileWouldHaveOtherOwner(string name, string owner, string why, string wayOut) => new(
        ErrorIds.DumpFileNotOurs,
        VmStatsErrorKind.PermissionDenied,
        $"The image of '{name}' would have to go through a file that belongs to {owner}, {why}, and you could not read it.",
        $"Run as that user (sudo), or {wayOut}.",
        name);

    public static VmStatsException PlatformNotSupported() => new(
        ErrorIds.DumpPlatformNotSupported,
        VmStatsErrorKind.NotSupported,
        "Memory is dumped through a named pipe, on Linux only.",
        "Run this on the KVM host.");

    public static VmStatsException Failed(string name, Exception cause) => new(
        ErrorIds.DumpFailed,
        VmStatsErrorKind.InvalidOperation,
        $"The dump of '{name}' failed: {cause.Message}",
        "See the hypervisor's log.",
        name,
        cause);

    /// <summary>Converts an I/O error into the exception for the file or folder concerned.</summary>
    public static VmStatsException FromWrite(string path, Exception cause) =>
        cause is IOException && (cause.HResult & 0xffff) is Libc.ENOSPC or Libc.EDQUOT ? DiskFull(path, cause) : WriteFailed(path, cause);

    private static VmStatsException Unsafe(UnsafePathException refused) => refused.Kind switch
    {
        UnsafePath.FolderIsLink => FolderIsLink(refused.Path),
        UnsafePath.FolderNotPrivate => FolderNotPrivate(refused.Path, refused.Reason),
        _ => FileUnsafe(refused.Path, refused.Reason),
    };

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
