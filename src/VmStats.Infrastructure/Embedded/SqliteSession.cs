using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace VmStats.Infrastructure.Embedded;

/// <summary>An open connection to the file, with SQLite's own API beside it.</summary>
internal sealed partial class SqliteSession : IDisposable
{
    // SQLITE_FCNTL_HAS_MOVED. Windows doesn't know it: there, a file that is open can't be moved.
    private const int HasMovedOperation = 20;

    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromSeconds(5);

    private readonly SqliteConnection _connection;
    private readonly bool _isPooled;
    private bool? _hasLog;

    private SqliteSession(SqliteConnection connection, OpenDatabase? database, bool isPooled)
    {
        _connection = connection;
        _isPooled = isPooled;
        Database = database;
    }

    private sqlite3 Handle => _connection.Handle!;

    /// <summary>The file as this process has it open; null where files can't be told apart.</summary>
    public OpenDatabase? Database { get; }

    /// <summary>Opens the file for writing, with a connection of its own that waits in small steps for other writers.</summary>
    public static SqliteSession OpenWriter(string path) =>
        Open(path, SqliteOpenMode.ReadWrite, pooling: false, busyMilliseconds: 50);

    /// <summary>Opens the file for reading; the connection comes from the pool and goes back to it.</summary>
    public static SqliteSession OpenReader(string path, TimeSpan? lockTimeout = null) =>
        Open(path, SqliteOpenMode.ReadOnly, pooling: true, (int)(lockTimeout ?? s_defaultTimeout).TotalMilliseconds);

    /// <summary>Closes the pooled connections of a file.</summary>
    public static void ClearPool(string path)
    {
        using SqliteConnection connection = new(ConnectionString(path, SqliteOpenMode.ReadOnly, pooling: true));
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Prepares a statement.</summary>
    public SqliteStatement Prepare(string sql) => new(Handle, sql);

    /// <summary>Runs statements without parameters and without interest in their rows.</summary>
    public void Execute(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(Handle, sql), Handle);

    /// <summary>The first column of the first row as a number; 0 where there is none.</summary>
    public long Number(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>The first column of the first row as text; empty where there is none.</summary>
    public string Text(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>True when the file that is open is no longer the one at its path: that was deleted, moved away or replaced.</summary>
    public bool HasMoved => HasFileMoved(_connection);

    /// <summary>
    /// Makes sure that this connection has the log open that is at the path and that all others of this process use. Called at
    /// the beginning of each transaction; of a database without a log there is nothing to be sure of.
    /// </summary>
    public void CheckFiles()
    {
        if (!HasFiles)
        {
            throw new SqliteException("The write-ahead log or its index was deleted.", raw.SQLITE_IOERR);
        }
    }

    /// <summary>Reads for the first time, which opens the log.</summary>
    /// <returns>False when the log was deleted at once. A connection that can't read says so to who uses it.</returns>
    public bool TryLearnFiles()
    {
        try
        {
            Execute("BEGIN; PRAGMA schema_version");
            return HasFiles;
        }
        catch (SqliteException)
        {
            return true;
        }
        finally
        {
            if (!IsIdle)
            {
                Execute("ROLLBACK");
            }
        }
    }

    /// <summary>Copies what the log holds to the database file, as far as readings that are under way allow it.</summary>
    /// <returns>True when that was all.</returns>
    public bool Checkpoint() =>
        raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out int inLog, out int copied) == raw.SQLITE_OK
        && inLog == copied;

    private bool HasFiles =>
        Database is null || !HasLog || Database.TryRecord(raw.sqlite3_db_filename(Handle, "main").utf8_to_string());

    /// <summary>True in write-ahead mode, which a file system without shared memory doesn't have.</summary>
    private bool HasLog => _hasLog ??= Text("PRAGMA journal_mode") == "wal";

    /// <summary>True outside a transaction.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(Handle) != 0;

    /// <summary>Makes the statement that is running on this connection fail; may be called from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(Handle);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The last connection carries its log over and deletes it by its name. What has the name now is another's, and what it
        // would carry over may be older than what others have written since. (A pooled connection only reads.)
        if (!_isPooled && Database?.HasLostFiles == true)
        {
            _ = raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        }

        _connection.Dispose();
        Database?.Leave();
    }

    private static SqliteSession Open(string path, SqliteOpenMode mode, bool pooling, int busyMilliseconds)
    {
        OpenDatabase.RemoveLeftovers(path);
        OpenDatabase? database = OpenDatabase.Find(path);
        return database is null ? Connect(database: null) : database.Open(() => Connect(database));

        SqliteSession Connect(OpenDatabase? database)
        {
            SqliteConnection connection = new(ConnectionString(path, mode, pooling));
            try
            {
                connection.Open();
                if (pooling && HasFileMoved(connection))
                {
                    // The pool would give connections to the old file for ever.
                    SqliteConnection.ClearPool(connection);
                    connection.Close();
                    connection.Open();
                }

                raw.sqlite3_busy_timeout(connection.Handle, busyMilliseconds);
                return new SqliteSession(connection, database, pooling);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
    }

    private static bool HasFileMoved(SqliteConnection connection)
    {
        int moved = 0;
        return FileControl(connection.Handle!, null, HasMovedOperation, ref moved) == raw.SQLITE_OK && moved != 0;
    }

    private static string ConnectionString(string path, SqliteOpenMode mode, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = pooling }.ToString();

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(sqlite3 database, string? name, int operation, ref int result);
}
