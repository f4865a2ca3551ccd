using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using VmStats.Errors;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A failure of the embedded store; translates SQLite's error codes into messages for the user. No failure is marked as
/// transient: the store has already retried until its lock timeout, so the caller should spool its points now.
/// </summary>
internal sealed class EmbeddedStoreException : VmStatsException
{
    private EmbeddedStoreException(
        string errorId, VmStatsErrorKind kind, string message, string recommendation, string path, Exception? inner)
        : base(errorId, kind, message, recommendation, path, inner)
    {
    }

    public static EmbeddedStoreException NotADatabase(string path, string why) => new(
        ErrorIds.NotAVmStatsDatabase,
        VmStatsErrorKind.InvalidData,
        $"'{path}' is not a VmStats database: {why}.",
        "Name another file; a file that doesn't exist yet is created.",
        path,
        null);

    public static EmbeddedStoreException TooNew(string path, long version, long known) => new(
        ErrorIds.DatabaseTooNew,
        VmStatsErrorKind.NotSupported,
        $"'{path}' was written by a newer version of VmStats: its layout version is {version}, but this version supports up to {known}.",
        "Update the module, or name another file.",
        path,
        null);

    public static EmbeddedStoreException ReadOnly(string path, Exception? inner) => new(
        ErrorIds.StoreReadOnly,
        VmStatsErrorKind.PermissionDenied,
        $"'{path}' can be read but not written.",
        "Give this user write access to the file and its folder, or name another file.",
        path,
        inner);

    public static EmbeddedStoreException NoAccess(string path, Exception inner) => new(
        ErrorIds.StoreAccessDenied,
        VmStatsErrorKind.PermissionDenied,
        $"'{path}' can't be opened or created: {Reason(inner)}",
        "Name a file in a folder that this user can write to.",
        path,
        inner);

    public static EmbeddedStoreException Busy(string path, TimeSpan waited) => new(
        ErrorIds.StoreBusy,
        VmStatsErrorKind.ResourceBusy,
        $"'{path}' was held by another process for {waited.TotalSeconds:F0} s.",
        "Try again; if the file stays locked, find the process that has it open (fuser, lsof).",
        path,
        null);

    public static EmbeddedStoreException FilesLost(string path) => new(
        ErrorIds.StoreFilesLost,
        VmStatsErrorKind.ResourceBusy,
        $"Another program deleted or replaced '{path}-wal' or '{path}-shm', and a query of this process still uses the old one.",
        "Try again when the query has ended. Don't delete or replace these files while the store is open.",
        path,
        null);

    /// <summary>Returns the warning for a writer whose -wal or -shm file was lost and has been recreated.</summary>
    public static string FilesLostNotice(string path, int rescued, string? failure)
    {
        string points = (rescued, failure) switch
        {
            (_, not null) => $" The last points could not be read from the lost files and may be missing: {failure.TrimEnd('.')}.",
            (0, _) => "",
            _ => string.Create(CultureInfo.InvariantCulture, $" {rescued} points that may have been in the lost files only are written again."),
        };
        return $"Another program deleted or replaced '{path}-wal' or '{path}-shm' while the store was open; they were recreated.{points}";
    }

    /// <summary>Returns the warning for a writer whose database file was moved away, deleted or replaced.</summary>
    public static string FileMovedNotice(string path) =>
        $"'{path}' was moved away, deleted or replaced while the store was open. Points written before are in the old file; "
        + "from now on points go to the file at this path, which was created if it didn't exist.";

    public static EmbeddedStoreException From(SqliteException e, string path)
    {
        switch (e.SqliteErrorCode)
        {
            case raw.SQLITE_NOTADB:
                return NotADatabase(path, "it is not a SQLite file");
            case raw.SQLITE_CORRUPT:
                return Damaged(path, e);
            case raw.SQLITE_READONLY:
                return ReadOnly(path, e);
            case raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH:
                return NoAccess(path, e);
            case raw.SQLITE_BUSY or raw.SQLITE_LOCKED:
                return new(ErrorIds.StoreBusy, VmStatsErrorKind.ResourceBusy, $"'{path}' is held by another process.", "Try again.", path, e);
            case raw.SQLITE_FULL:
                return new(ErrorIds.DiskFull, VmStatsErrorKind.WriteFailed, $"The disk is full: '{path}' can't grow.", "Free some space, or set a retention period.", path, e);
            case raw.SQLITE_IOERR:
                return new(ErrorIds.StoreWriteFailed, VmStatsErrorKind.WriteFailed, $"An I/O error occurred on '{path}': {Reason(e)}", "Check the disk and its free space.", path, e);
            default:
                return new(ErrorIds.StoreFailed, VmStatsErrorKind.InvalidOperation, $"SQLite failed on '{path}': {Reason(e)}", "Report this error together with the command that caused it.", path, e);
        }
    }

    private static EmbeddedStoreException Damaged(string path, Exception e) => new(
        ErrorIds.DatabaseDamaged,
        VmStatsErrorKind.InvalidData,
        $"'{path}' is damaged: {Reason(e)}",
        $"Move the file and its -wal and -shm files away and start with a new one; sqlite3 {Quote(path)} .recover may recover the remaining data.",
        path,
        e);

    /// <summary>Quotes a path for PowerShell, which accepts five different characters as a single quote.</summary>
    public static string Quote(string path) =>
        "'" + string.Concat(path.Select(character => character is '\'' or >= '\u2018' and <= '\u201B' ? $"{character}{character}" : $"{character}")) + "'";

    private static string Reason(Exception e) => e.Message.TrimEnd('.') + ".";
}
