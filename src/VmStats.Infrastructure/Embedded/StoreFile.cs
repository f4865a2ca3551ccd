using System.Text;
using Microsoft.Data.Sqlite;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Makes the file, and tells a VmStats database from anything else before a byte of it is touched.</summary>
internal static class StoreFile
{
    /// <summary>The layout that this version writes.</summary>
    public const int LayoutVersion = 1;

    // "VmSt" in the file's header.
    private const int ApplicationId = 0x566D5374;

    private static readonly byte[] s_magic = Encoding.ASCII.GetBytes("SQLite format 3\0");

    /// <summary>Makes folder and file where they are missing, and refuses a file that isn't ours.</summary>
    public static void Prepare(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                CreateEmpty(path);
            }

            if (HasContent(path))
            {
                using SqliteSession reader = SqliteSession.OpenReader(path);
                if (Verify(reader, path))
                {
                    return;
                }
            }

            using SqliteSession writer = SqliteSession.OpenWriter(path);
            Initialise(writer, path);
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
        WriteLock.Retry(path, () => writer.Execute("PRAGMA journal_mode = WAL"), CancellationToken.None);
        WriteLock.Begin(writer, path, CancellationToken.None);

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

    private static bool HasContent(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[s_magic.Length];
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return length == 0 || head.SequenceEqual(s_magic)
            ? length > 0
            : throw EmbeddedStoreException.NotOurs(path, "it is no SQLite file");
    }

    /// <summary>Telemetry tells who runs what and when: only the owner reads it.</summary>
    private static void CreateEmpty(string path)
    {
        string folder = Path.GetDirectoryName(path) ?? throw new IOException("The path names no file.");
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
    }
}
