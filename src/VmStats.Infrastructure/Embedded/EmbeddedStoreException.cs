using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using VmStats.Errors;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A failure of the embedded store: SQLite's codes in the user's terms. None is transient: where waiting helps, the store
/// has waited for as long as it may, and whoever has points to write puts them elsewhere now.
/// </summary>
internal sealed class EmbeddedStoreException : VmStatsException
{
    private EmbeddedStoreException(
        string errorId, VmStatsErrorKind kind, string message, string recommendation, string path, Exception? inner)
        : base(errorId, kind, message, recommendation, path, inner)
    {
    }

    public static EmbeddedStoreException NotOurs(string path, string why) => new(
        ErrorIds.NotAVmStatsDatabase,
        VmStatsErrorKind.InvalidData,
        $"'{path}' is not a VmStats database: {why}.",
        "Name another file; a file that doesn't exist yet is made.",
        path,
        null);

    public static EmbeddedStoreException TooNew(string path, long version, long known) => new(
        ErrorIds.DatabaseTooNew,
        VmStatsErrorKind.NotSupported,
        $"'{path}' was written by a newer VmStats: its layout is {version}, this version knows {known}.",
        "Update the module, or name another file.",
        path,
        null);

    public static EmbeddedStoreException ReadOnly(string path, Exception? inner) => new(
        ErrorIds.StoreReadOnly,
        VmStatsErrorKind.PermissionDenied,
        $"'{path}' can be read, but not written.",
        "Let this user write the file and its folder, or name another file.",
        path,
        inner);

    public static EmbeddedStoreException NoAccess(string path, Exception inner) => new(
        ErrorIds.StoreAccessDenied,
        VmStatsErrorKind.PermissionDenied,
        $"'{path}' can't be opened or made: {Reason(inner)}",
        "Name a file in a folder that this user can write.",
        path,
        inner);

    public static EmbeddedStoreException Busy(string path, TimeSpan waited) => new(
        ErrorIds.StoreBusy,
        VmStatsErrorKind.ResourceBusy,
        $"'{path}' was held by another process for {waited.TotalSeconds:F0} s.",
        "Try again; if it stays so, find the process that holds the file (fuser, lsof).",
        path,
        null);

    public static EmbeddedStoreException FilesLost(string path) => new(
        ErrorIds.StoreFilesLost,
        VmStatsErrorKind.ResourceBusy,
        $"Another program deleted or replaced '{path}-wal' or '{path}-shm', and a query of this process still uses the old one.",
        "Try again when the query has ended. These files belong to the store for as long as it is open: leave them alone.",
        path,
        null);

    /// <summary>What a writer is told when its files were lost and made good.</summary>
    public static string FilesLostNotice(string path, int rescued, string? failure)
    {
        string points = (rescued, failure) switch
        {
            (_, not null) => $" What was written last could not be read from the lost ones, and may be missing: {failure.TrimEnd('.')}.",
            (0, _) => "",
            _ => string.Create(CultureInfo.InvariantCulture, $" {rescued} points that only the lost ones may have held are written again."),
        };
        return $"Another program deleted or replaced '{path}-wal' or '{path}-shm' while the store was open; they were made again.{points}";
    }

    /// <summary>What a writer is told when its file was moved away.</summary>
    public static string FileMovedNotice(string path) =>
        $"'{path}' was moved away, deleted or replaced while the store was open. What was written before is in that file; from now on points go to the one that is at the path, which was made where there was none.";

    public static EmbeddedStoreException From(SqliteException e, string path)
    {
        switch (e.SqliteErrorCode)
        {
            case raw.SQLITE_NOTADB:
                return NotOurs(path, "it is no SQLite file");
            case raw.SQLITE_CORRUPT:
                return Damaged(path, e);
            case raw.SQLITE_READONLY:
                return ReadOnly(path, e);
            case raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH:
                return NoAccess(path, e);
            case raw.SQLITE_BUSY or raw.SQLITE_LOCKED:
                return new(ErrorIds.StoreBusy, VmStatsErrorKind.ResourceBusy, $"'{path}' is held by another process.", "Try again.", path, e);
            case raw.SQLITE_FULL:
                return new(ErrorIds.DiskFull, VmStatsErrorKind.WriteFailed, $"The disk is full: '{path}' can't grow.", "Make room, or set a retention period.", path, e);
            case raw.SQLITE_IOERR:
                return new(ErrorIds.StoreWriteFailed, VmStatsErrorKind.WriteFailed, $"The device failed on '{path}': {Reason(e)}", "Check the disk and its free space.", path, e);
            default:
                return new(ErrorIds.StoreFailed, VmStatsErrorKind.InvalidOperation, $"SQLite failed on '{path}': {Reason(e)}", "Report it with the command that led to it.", path, e);
        }
    }

    private static EmbeddedStoreException Damaged(string path, Exception e) => new(
        ErrorIds.DatabaseDamaged,
        VmStatsErrorKind.InvalidData,
        $"'{path}' is damaged: {Reason(e)}",
        $"Move the file away (its -wal and -shm files with it) and start afresh; sqlite3 {Quote(path)} .recover may save what is left.",
        path,
        e);

    /// <summary>The path as PowerShell takes it, which has five characters for an apostrophe.</summary>
    public static string Quote(string path) =>
        "'" + string.Concat(path.Select(character => character is '\'' or >= '\u2018' and <= '\u201B' ? $"{character}{character}" : $"{character}")) + "'";

    private static string Reason(Exception e) => e.Message.TrimEnd('.') + ".";
}
