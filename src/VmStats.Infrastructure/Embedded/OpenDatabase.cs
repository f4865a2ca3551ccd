using Microsoft.Data.Sqlite;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A database file that is open in this process, shared by all its connections, since SQLite shares the index of the
/// write-ahead log between them. Detects that the log (-wal) or its index (-shm) at the path is no longer the open one.
/// In that state other processes can't see what is committed, it is lost when this process ends, and a new connection would
/// combine the old index with a new log. To recover, all connections are closed, the points that only the old log contains
/// are written again, and work continues with new files.
/// </summary>
/// <remarks>
/// Possible causes: a file manager, a clean-up job or a restored backup; or any code in this process (Copy-Item,
/// Get-FileHash) that closes a handle of the database file. POSIX then releases SQLite's locks on the file, so the next
/// other program assumes that it is the last user and deletes the log when it closes.
/// </remarks>
internal sealed class OpenDatabase
{
    private const int Attempts = 40;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<FileIdentity, OpenDatabase> s_all = [];

    // Reentrant: during recovery, closing a connection calls Leave and writing points opens a connection.
    private readonly object _lock = new();
    private readonly HashSet<StoreWriter> _writers = [];

    // Kept until a checkpoint has copied them to the database file, since the log may be lost again before that.
    private readonly List<Point> _rescued = [];
    private bool _mustWriteAgain;
    private readonly FileIdentity _identity;
    private string _path;
    private int _connections;
    private (FileIdentity Log, FileIdentity Index)? _files;
    private long? _unsavedSince;
    private long _writes;
    private long _losses;

    private OpenDatabase(FileIdentity identity, string path)
    {
        _identity = identity;
        _path = path;
    }

    /// <summary>True if the log or its index was deleted or replaced since it was opened, or if points from a lost log have yet to be written again.</summary>
    public bool NeedsRecovery
    {
        get
        {
            lock (_lock)
            {
                return HasLostFiles || _mustWriteAgain;
            }
        }
    }

    /// <summary>True if the log or its index was deleted or replaced since it was opened.</summary>
    public bool HasLostFiles
    {
        get
        {
            lock (_lock)
            {
                return _files is not null && Files() != _files;
            }
        }
    }

    /// <summary>Returns the shared state of the database file at a path.</summary>
    /// <returns>Null if the file doesn't exist, or if files have no identity on this operating system.</returns>
    public static OpenDatabase? Find(string path)
    {
        if (FileIdentity.Of(path) is not FileIdentity identity)
        {
            return null;
        }

        lock (s_all)
        {
            if (!s_all.TryGetValue(identity, out OpenDatabase? database))
            {
                s_all.Add(identity, database = new OpenDatabase(identity, path));
            }

            return database;
        }
    }

    /// <summary>
    /// Deletes the log and index of a database file that was at this path before and is still open in this process. SQLite
    /// would apply that log to the new file at the path and damage it.
    /// </summary>
    public static void RemoveStaleFiles(string path)
    {
        string file = StoreFile.Target(path);
        if (FileIdentity.Of(file) is FileIdentity identity && FileIdentity.Of(file + "-wal") is FileIdentity log)
        {
            OpenDatabase[] others;
            lock (s_all)
            {
                others = s_all.Values.Where(database => database._identity != identity).ToArray();
            }

            foreach (OpenDatabase other in others)
            {
                other.RemoveFiles(log);
            }
        }
    }

    /// <summary>Returns how often the log or index of a database has been lost and recovered.</summary>
    public static long CountLosses(string path) => Find(path)?.Losses ?? 0;

    /// <summary>Returns true if a failure may be caused by files lost since <paramref name="losses"/> was read.</summary>
    public static bool HasLostSince(string path, long losses) =>
        Find(path) is OpenDatabase database && (database.HasLostFiles || database.Losses != losses);

    /// <summary>Opens and counts a connection; recovers lost files first.</summary>
    public SqliteSession Open(Func<SqliteSession> open)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            lock (_lock)
            {
                if (!HasLostFiles)
                {
                    SqliteSession session = open();
                    _connections++;

                    // The first connection records which files are in use, before another one can open different files.
                    if (_files is not null || session.TryRecordFiles())
                    {
                        return session;
                    }

                    session.Dispose();
                    continue;
                }
            }

            Recover(null);
        }

        throw EmbeddedStoreException.FilesLost(_path);
    }

    /// <summary>Uncounts a connection that was closed or returned to its pool.</summary>
    public void ReleaseConnection()
    {
        lock (_lock)
        {
            _connections--;
        }
    }

    /// <summary>
    /// Records which log and index are open, or checks that a connection uses the same ones as the others, since they may have
    /// been lost in the meantime. Called inside a transaction before it reads or writes; SQLite opens the files with the first
    /// transaction.
    /// </summary>
    /// <param name="path">The path of the database file as reported by SQLite, with links resolved: the log and index are next to it.</param>
    /// <returns>False if the connection must not be used.</returns>
    public bool TryRecord(string path)
    {
        lock (_lock)
        {
            if (_files is null)
            {
                _path = path;
                _files = Files();
                return _files is not null;
            }

            return !HasLostFiles;
        }
    }

    /// <summary>Adds a writer, which is notified and closed if the files are lost.</summary>
    public void Add(StoreWriter writer)
    {
        lock (_lock)
        {
            _writers.Add(writer);
        }
    }

    /// <summary>Removes a writer that closes its connection.</summary>
    public void Remove(StoreWriter writer)
    {
        lock (_lock)
        {
            if (_writers.Remove(writer) && _writers.Count == 0)
            {
                _unsavedSince = null;
                ForgetRescued();
            }
        }
    }

    /// <summary>Records that points were committed to the log and may not be in the database file yet.</summary>
    public void RecordWrite(long oldest)
    {
        lock (_lock)
        {
            _unsavedSince = Math.Min(oldest, _unsavedSince ?? long.MaxValue);
            _writes++;
        }
    }

    /// <summary>Runs a checkpoint; if it was complete and nothing was written meanwhile, no points need rescuing any more.</summary>
    public void NoteSaved(Func<bool> checkpoint)
    {
        long writes;
        lock (_lock)
        {
            writes = _writes;
        }

        if (checkpoint())
        {
            lock (_lock)
            {
                if (writes == _writes)
                {
                    _unsavedSince = null;
                    ForgetRescued();
                }
            }
        }
    }

    /// <summary>Closes every connection of this process to the file, and rewrites the points that only the lost log contains.</summary>
    /// <param name="caller">The writer that calls and holds its own lock; null for a reader.</param>
    /// <exception cref="EmbeddedStoreException">A running query still uses the lost files.</exception>
    public void Recover(StoreWriter? caller)
    {
        for (int attempt = 1; !TryRecover(caller); attempt++)
        {
            if (attempt == Attempts)
            {
                throw EmbeddedStoreException.FilesLost(_path);
            }

            Thread.Sleep(s_pause);
        }
    }

    private long Losses
    {
        get
        {
            lock (_lock)
            {
                return _losses;
            }
        }
    }

    private bool TryRecover(StoreWriter? caller)
    {
        lock (_lock)
        {
            if (HasLostFiles)
            {
                // SQLite deletes the log and index when the last connection closes: that isn't a loss.
                if (_connections > 0)
                {
                    CloseAll(caller);
                    _mustWriteAgain = _rescued.Count > 0;
                    _losses++;
                }

                if (_connections > 0)
                {
                    return false;
                }

                SqliteConnection.ClearAllPools();
                _files = null;
            }

            // Don't write the points to a different file that has replaced this one.
            return !_mustWriteAgain || FileIdentity.Of(_path) != _identity || TryWriteAgain(caller);
        }
    }

    /// <summary>Runs a checkpoint into the moved database file, then deletes the log and index that it left at its old path.</summary>
    private void RemoveFiles(FileIdentity log)
    {
        lock (_lock)
        {
            if (_files?.Log != log || HasLostFiles)
            {
                return;
            }

            foreach (StoreWriter writer in _writers.ToArray())
            {
                if (writer.TryClose(isTurnTaken: false, session => session.Checkpoint()))
                {
                    _writers.Remove(writer);
                    writer.AddNotice(EmbeddedStoreException.FileMovedNotice(_path));
                }
            }

            File.Delete(_path + "-wal");
            File.Delete(_path + "-shm");
        }
    }

    /// <summary>Writes the rescued points. If another program has the file locked, this fails a write but not a read.</summary>
    private bool TryWriteAgain(StoreWriter? caller)
    {
        try
        {
            using BatchWriter writer = new(_path, s_lockTimeout);
            writer.Write(_rescued, long.MinValue, CancellationToken.None);
            _mustWriteAgain = HasLostFiles;
            return !_mustWriteAgain;
        }
        catch (Exception e) when (caller is null && e is SqliteException or EmbeddedStoreException)
        {
            return true;
        }
    }

    private void CloseAll(StoreWriter? caller)
    {
        int before = _rescued.Count;
        string? failure = null;
        StoreWriter[] closed = _writers.Where(writer => writer.TryClose(isTurnTaken: writer == caller, Rescue)).ToArray();
        string notice = EmbeddedStoreException.FilesLostNotice(_path, _rescued.Count - before, failure);
        foreach (StoreWriter writer in closed)
        {
            _writers.Remove(writer);
            writer.AddNotice(notice);
        }

        void Rescue(SqliteSession session)
        {
            if (_unsavedSince is long since)
            {
                failure = UnsavedPoints.TryRead(session, since, _rescued);
                _unsavedSince = null;
            }
        }
    }

    private void ForgetRescued()
    {
        if (!_mustWriteAgain)
        {
            _rescued.Clear();
        }
    }

    private (FileIdentity Log, FileIdentity Index)? Files() =>
        FileIdentity.Of(_path + "-wal") is FileIdentity log && FileIdentity.Of(_path + "-shm") is FileIdentity index ? (log, index) : null;
}
