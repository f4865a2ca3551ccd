using Microsoft.Data.Sqlite;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A database file as this process has it open: one for all its connections, since SQLite shares the index of the
/// write-ahead log between them. Knows when the log (-wal) and its index (-shm) at the path are no longer those that are
/// open. What is committed then is seen by nobody else and gone with the process; and a new connection would mix the old
/// index with a new log. So all connections are closed, what only the old log holds is written again, and the work goes on
/// in files that are sound.
/// </summary>
/// <remarks>
/// How it comes about: a file manager, a clean-up, a restored backup; or any code of this process (Copy-Item, Get-FileHash)
/// that closes a handle of the database file, upon which POSIX drops SQLite's locks on it, and the next other program takes
/// itself for the last one and clears up.
/// </remarks>
internal sealed class OpenDatabase
{
    private const int Attempts = 40;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<FileIdentity, OpenDatabase> s_all = [];

    // Entered again by its own thread: closing a connection leaves, writing again opens one.
    private readonly object _lock = new();
    private readonly HashSet<StoreWriter> _writers = [];

    // Kept until a checkpoint has them in the database file: they may be lost a second time.
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

    /// <summary>True when the log or its index was deleted or replaced since it was opened, or points of a lost one still wait to be written again.</summary>
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

    /// <summary>True when the log or its index was deleted or replaced since it was opened.</summary>
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

    /// <summary>The file as this process has it open.</summary>
    /// <returns>Null where there is no such file, or no way to tell files apart.</returns>
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
    /// Takes away the log and the index that a file has left behind which was at this path before and is still open here:
    /// SQLite would take the log for that of the file that has come in its place, and spoil it.
    /// </summary>
    public static void RemoveLeftovers(string path)
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

    /// <summary>How often the files beside a database were lost and made good.</summary>
    public static long CountLosses(string path) => Find(path)?.Losses ?? 0;

    /// <summary>True when a failure may come from files that were lost since they were counted.</summary>
    public static bool HasLostSince(string path, long losses) =>
        Find(path) is OpenDatabase database && (database.HasLostFiles || database.Losses != losses);

    /// <summary>Opens a connection, after files that were lost have been made good, and counts it.</summary>
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

                    // The first one decides which files are used, before another can open others.
                    if (_files is not null || session.TryLearnFiles())
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

    /// <summary>Counts a connection that is closed, or back in its pool.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _connections--;
        }
    }

    /// <summary>
    /// Keeps which log and index are open, or makes sure that a connection has opened those that the others have: they may have
    /// been lost since. Called inside a transaction, before it reads or writes: until the first there are none.
    /// </summary>
    /// <param name="path">The file's path as SQLite knows it, links resolved: the other two are beside that.</param>
    /// <returns>False when the connection must not be used.</returns>
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

    /// <summary>Adds a writer, to be told and closed when the files are lost.</summary>
    public void Add(StoreWriter writer)
    {
        lock (_lock)
        {
            _writers.Add(writer);
        }
    }

    /// <summary>Forgets a writer that closes its connection.</summary>
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

    /// <summary>Notes that points were committed of which only the log is sure to have the copy.</summary>
    public void NoteWritten(long oldest)
    {
        lock (_lock)
        {
            _unsavedSince = Math.Min(oldest, _unsavedSince ?? long.MaxValue);
            _writes++;
        }
    }

    /// <summary>Runs a checkpoint; when it was complete, all that was written before is in the database file.</summary>
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

    /// <summary>Closes every connection of this process to the file, and writes again what only the lost log holds.</summary>
    /// <param name="caller">The writer whose turn it is; null for a reader.</param>
    /// <exception cref="EmbeddedStoreException">A reading that is under way still uses the lost files.</exception>
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
                // The last connection to be closed clears up after itself: that is no loss.
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

            // Not to another file that has come in its place.
            return !_mustWriteAgain || FileIdentity.Of(_path) != _identity || TryWriteAgain(caller);
        }
    }

    /// <summary>Deletes the files beside a path that the database file itself is no longer at, after carrying the log over to it.</summary>
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
                    writer.Tell(EmbeddedStoreException.FileMovedNotice(_path));
                }
            }

            File.Delete(_path + "-wal");
            File.Delete(_path + "-shm");
        }
    }

    /// <summary>Writes what was rescued. Where another program stands in the way that fails a write, not a reading.</summary>
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
            writer.Tell(notice);
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
