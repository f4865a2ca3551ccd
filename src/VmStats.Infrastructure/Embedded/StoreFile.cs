using Microsoft.Data.Sqlite;
using VmStats.IO;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Makes the file, and tells a VmStats database from anything else before a byte of it is touched. Nothing but SQLite ever
/// opens it: on POSIX, closing any handle of a file drops all locks that the process has on it, those of the connections
/// that are writing too, and the next other program that looks in would clear the log away under them.
/// </summary>
internal static class StoreFile
{
    /// <summary>The layout that this version writes.</summary>
    public const int LayoutVersion = 1;

    // "VmSt" in the file's header.
    private const int ApplicationId = 0x566D5374;

    /// <summary>Makes folder and file where they are missing, and refuses a file that isn't ours.</summary>
    public static void Prepare(string path)
    {
        try
        {
            if (!Exists(path))
            {
                CreateEmpty(Target(path));
            }

            if (FileIdentity.IsSpecial(path))
            {
                throw EmbeddedStoreException.NotOurs(path, "it is a pipe or a device");
            }

            if (!IsOurs(path))
            {
                using SqliteSession writer = SqliteSession.OpenWriter(path);
                Initialise(writer, path);
            }
        }
        catch (SqliteException e)
        {
            throw EmbeddedStoreException.From(e, path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw EmbeddedStoreException.NoAccess(path, e);
        }
    }

    /// <summary>True when there is a file at the path, or where a link there points to.</summary>
    public static bool Exists(string path) => File.Exists(Target(path));

    private static bool IsOurs(string path)
    {
        try
        {
            using SqliteSession reader = SqliteSession.OpenReader(path);
            return Verify(reader, path);
        }
        catch
        {
            // No connection to what isn't ours stays in the pool.
            SqliteSession.ClearPool(path);
            throw;
        }
    }

    /// <summary>True when the file is a VmStats database of a layout that is known here; false when it is still empty.</summary>
    private static bool Verify(SqliteSession session, string path)
    {
        long application = session.Number("PRAGMA application_id");
        if (application == ApplicationId)
        {
            long version = session.Number("PRAGMA user_version");
            return version <= LayoutVersion ? true : throw EmbeddedStoreException.TooNew(path, version, LayoutVersion);
        }

        return application == 0 && session.Number("SELECT count(*) FROM sqlite_master") == 0
            ? false
            : throw EmbeddedStoreException.NotOurs(path, "it is some other program's SQLite database");
    }

    private static void Initialise(SqliteSession writer, string path)
    {
        WriteLock.Retry(path, () => writer.Execute("PRAGMA journal_mode = WAL"), WriteLock.DefaultTimeout, CancellationToken.None);
        WriteLock.Begin(writer, path, WriteLock.DefaultTimeout, CancellationToken.None);

        // Another process may have done it since. Generations begin anywhere, so that what is known of one file is never
        // taken for known of another that has come in its place.
        if (!Verify(writer, path))
        {
            writer.Execute(
                $"""
                CREATE TABLE vmstats_meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                INSERT INTO vmstats_meta VALUES('generation', abs(random() / 4));
                CREATE TABLE vmstats_measurements(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                CREATE TABLE vmstats_columns(
                    measurement INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
                    physical TEXT NOT NULL, is_tag INTEGER NOT NULL, kind INTEGER NOT NULL,
                    PRIMARY KEY(measurement, name)) WITHOUT ROWID;
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {LayoutVersion};
                """);
        }

        writer.Execute("COMMIT");
    }

    /// <summary>The path, or where a link there points to.</summary>
    public static string Target(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    /// <summary>Telemetry tells who runs what and when: only the owner reads it.</summary>
    private static void CreateEmpty(string file)
    {
        string folder = Path.GetDirectoryName(file) ?? throw new IOException("The path names no file.");
        UnixFiles.CreateFolder(folder);

        // Closed before it has its name: another thread may open the store as soon as it is there.
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.new");
        new FileStream(temporary, UnixFiles.Options(FileMode.CreateNew, FileAccess.Write, FileShare.None)).Dispose();
        try
        {
            File.Move(temporary, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Somebody else made it meanwhile.
            File.Delete(temporary);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
