using Microsoft.Data.Sqlite;
using VmStats.IO;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Creates the database file, and checks that an existing file is a VmStats database before anything is written to it. Only
/// SQLite opens the file: on POSIX, closing any handle of a file releases all locks that the process holds on it, including
/// those of connections that are writing, and the next other program to open it could then delete the log while it is in use.
/// </summary>
internal static class StoreFile
{
    /// <summary>The layout version of files created by this version of VmStats.</summary>
    public const int LayoutVersion = 1;

    // "VmSt" in the file's header.
    private const int ApplicationId = 0x566D5374;

    /// <summary>Creates the folder and file if they don't exist, and rejects a file that isn't a VmStats database.</summary>
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
                throw EmbeddedStoreException.NotADatabase(path, "it is a pipe or a device");
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

    /// <summary>Returns true if the path, or the target of a link at the path, is an existing file.</summary>
    public static bool Exists(string path) => File.Exists(Target(path));

    private static bool IsOurs(string path)
    {
        try
        {
            using SqliteSession reader = SqliteSession.OpenReader(path);
            try
            {
                reader.BeginRead();
                return Verify(reader, path);
            }
            finally
            {
                reader.EndRead();
            }
        }
        catch
        {
            // Don't keep connections to a file in the pool that isn't a VmStats database.
            SqliteSession.ClearPool(path);
            throw;
        }
    }

    /// <summary>
    /// Returns true if the file is a VmStats database with a supported layout, and false if it is still empty. To be called in a
    /// transaction: another process may initialise the file between two reads.
    /// </summary>
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
            : throw EmbeddedStoreException.NotADatabase(path, "it is the SQLite database of another program");
    }

    private static void Initialise(SqliteSession writer, string path)
    {
        WriteLock.Retry(path, () => writer.Execute("PRAGMA journal_mode = WAL"), WriteLock.DefaultTimeout, CancellationToken.None);
        WriteLock.Begin(writer, path, WriteLock.DefaultTimeout, CancellationToken.None);

        // Another process may have initialised the file in the meantime. The generation starts at a random number, so a schema
        // cached for one file isn't used for another file that replaces it.
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

    /// <summary>Returns the path, or the final target of a link at the path.</summary>
    public static string Target(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    /// <summary>Creates an empty file that only the owner can read, since telemetry shows who runs what and when.</summary>
    private static void CreateEmpty(string file)
    {
        string folder = Path.GetDirectoryName(file) ?? throw new IOException("The path has no file name.");
        UnixFiles.CreateFolder(folder);

        // Created under a temporary name and closed before it is renamed: another thread may open the store as soon as it exists.
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.new");
        new FileStream(temporary, UnixFiles.Options(FileMode.CreateNew, FileAccess.Write, FileShare.None)).Dispose();
        try
        {
            File.Move(temporary, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another thread or process has created the file in the meantime.
            File.Delete(temporary);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
