using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace VmStats.Infrastructure.Embedded;

/// <summary>An open connection to the database file, with access to the native SQLite API.</summary>
internal sealed partial class SqliteSession : IDisposable
{
    // SQLITE_FCNTL_HAS_MOVED. Not supported on Windows, where an open file can't be moved.
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

    /// <summary>The shared state of the open file in this process; null if files have no identity on this operating system.</summary>
    public OpenDatabase? Database { get; }

    /// <summary>Opens the file for writing, with an unpooled connection and a short busy timeout, so that the caller can retry and cancel.</summary>
    public static SqliteSession OpenWriter(string path) =>
        Open(path, SqliteOpenMode.ReadWrite, pooling: false, busyMilliseconds: 50);

    /// <summary>Opens the file for reading, with a pooled connection.</summary>
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

    /// <summary>Runs statements without parameters and ignores any rows.</summary>
    public void Execute(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(Handle, sql), Handle);

    /// <summary>Returns the first column of the first row as a number; 0 if there is no row.</summary>
    public long Number(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>Returns the first column of the first row as text; empty if there is no row.</summary>
    public string Text(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>True if the open file is no longer the one at its path because it was deleted, moved or replaced.</summary>
    public bool HasMoved => HasFileMoved(_connection);

    /// <summary>
    /// Checks that this connection uses the log that is at the path and that the other connections of this process use. Called
    /// at the start of each transaction. Does nothing for a database that isn't in WAL mode.
    /// </summary>
    public void CheckFiles()
    {
        if (!HasFiles)
        {
            throw new SqliteException("The write-ahead log or its index was deleted.", raw.SQLITE_IOERR);
        }
    }

    /// <summary>Starts a read transaction: everything that is read until <see cref="EndRead"/> is of the same state of the database.</summary>
    public void BeginRead() => Execute("BEGIN; PRAGMA schema_version"); // SQLite starts the transaction with its first read.

    /// <summary>Ends the transaction, if there is one.</summary>
    public void EndRead()
    {
        if (!IsIdle)
        {
            Execute("ROLLBACK");
        }
    }

    /// <summary>Starts a first read transaction, which opens the log, and records the open files.</summary>
    /// <returns>False if the log was already deleted. True if the connection can't read: its user gets the error later.</returns>
    public bool TryRecordFiles()
    {
        try
        {
            BeginRead();
            return HasFiles;
        }
        catch (SqliteException)
        {
            return true;
        }
        finally
        {
            EndRead();
        }
    }

    /// <summary>Runs a passive checkpoint: copies the log to the database file as far as running readers allow.</summary>
    /// <returns>True if the whole log was copied.</returns>
    public bool Checkpoint() =>
        raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out int inLog, out int copied) == raw.SQLITE_OK
        && inLog == copied;

    private bool HasFiles =>
        Database is null || !HasLog || Database.TryRecord(raw.sqlite3_db_filename(Handle, "main").utf8_to_string());

    /// <summary>True in WAL mode, which isn't available on a file system without shared memory.</summary>
    private bool HasLog => _hasLog ??= Text("PRAGMA journal_mode") == "wal";

    /// <summary>True if no transaction is open.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(Handle) != 0;

    /// <summary>Interrupts the statement that is running on this connection; may be called from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(Handle);

    /// <inheritdoc/>
    public void Dispose()
    {
        // On close, SQLite's last connection runs a checkpoint and deletes the log by name. If the log was replaced, that name
        // belongs to another process's log, and the checkpoint could overwrite newer data. (A pooled connection only reads.)
        if (!_isPooled && Database?.HasLostFiles == true)
        {
            _ = raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        }

        _connection.Dispose();
        Database?.ReleaseConnection();
    }

    private static SqliteSession Open(string path, SqliteOpenMode mode, bool pooling, int busyMilliseconds)
    {
        OpenDatabase.RemoveStaleFiles(path);
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
                    // The pool would keep returning connections to the old file.
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
