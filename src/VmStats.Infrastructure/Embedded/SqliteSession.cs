using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace VmStats.Infrastructure.Embedded;

/// <summary>An open connection to the file, with SQLite's own API beside it.</summary>
internal sealed partial class SqliteSession : IDisposable
{
    // SQLITE_FCNTL_HAS_MOVED. Windows doesn't know it: there, a file that is open can't be moved.
    private const int HasMovedOperation = 20;

    private readonly SqliteConnection _connection;

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    private sqlite3 Handle => _connection.Handle!;

    /// <summary>Opens the file for writing, with a connection of its own that waits in small steps for other writers.</summary>
    public static SqliteSession OpenWriter(string path) =>
        Open(path, SqliteOpenMode.ReadWrite, pooling: false, busyMilliseconds: 50);

    /// <summary>Opens the file for reading; the connection comes from the pool and goes back to it.</summary>
    public static SqliteSession OpenReader(string path)
    {
        SqliteSession session = Open(path, SqliteOpenMode.ReadOnly, pooling: true, busyMilliseconds: 5_000);
        if (!session.HasMoved)
        {
            return session;
        }

        // The pool would give connections to the old file for ever.
        ClearPool(path);
        session.Dispose();
        return Open(path, SqliteOpenMode.ReadOnly, pooling: true, busyMilliseconds: 5_000);
    }

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

    /// <summary>True when the file that is open is no longer the one at its path: that was deleted, moved away or replaced.</summary>
    public bool HasMoved
    {
        get
        {
            int moved = 0;
            return FileControl(Handle, null, HasMovedOperation, ref moved) == raw.SQLITE_OK && moved != 0;
        }
    }

    /// <summary>True outside a transaction.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(Handle) != 0;

    /// <summary>Makes the statement that is running on this connection fail; may be called from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(Handle);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static SqliteSession Open(string path, SqliteOpenMode mode, bool pooling, int busyMilliseconds)
    {
        SqliteConnection connection = new(ConnectionString(path, mode, pooling));
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, busyMilliseconds);
            return new SqliteSession(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string ConnectionString(string path, SqliteOpenMode mode, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = pooling }.ToString();

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(sqlite3 database, string? name, int operation, ref int result);
}
