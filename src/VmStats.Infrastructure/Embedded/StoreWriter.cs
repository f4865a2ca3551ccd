using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// The single write connection of a store, guarded by a lock; points older than the retention period are pruned between
/// writes. The connection is opened by the first write, so a process that only reads needs no write access.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    // If the files are lost in every attempt, the write fails.
    private const int Attempts = 3;

    private static readonly TimeSpan s_checkpointInterval = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lockTimeout;
    private readonly StorePruner? _pruner;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<string> _notices = [];
    private BatchWriter? _points;
    private FileIdentity? _file;
    private long? _lastCheckpoint;
    private bool _isClosed;

    /// <summary>Creates the writer of a store without opening the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="retention">How long telemetry is kept; null to keep it forever.</param>
    /// <param name="time">The clock for the retention period.</param>
    /// <param name="lockTimeout">The maximum wait for another process's transaction.</param>
    public StoreWriter(string path, TimeSpan? retention, TimeProvider time, TimeSpan lockTimeout)
    {
        _path = path;
        _time = time;
        _lockTimeout = lockTimeout;
        _pruner = retention is TimeSpan period ? new StorePruner(path, period, time, lockTimeout, InTurnAsync) : null;
    }

    /// <summary>Writes a batch. The result has a warning if files were lost or moved, or if the last pruning pass was held back or failed.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        WriteResult result = await InTurnAsync(() => Write(points, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (_pruner is not null)
        {
            await _pruner.PruneWhenDueAsync().ConfigureAwait(false);
        }

        return result with { Warning = TakeNotices() ?? _pruner?.Warning };
    }

    /// <summary>Deletes telemetry before a time, slice by slice.</summary>
    /// <returns>How many points were deleted.</returns>
    public async ValueTask<long> PruneAsync(long oldestKept, CancellationToken cancellationToken)
    {
        long deleted = 0;
        PrunedSlice slice;
        do
        {
            slice = await InTurnAsync(writer => RetentionPruner.PruneSlice(writer, oldestKept, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            deleted += slice.Deleted;
        }
        while (slice.IsMoreLeft);
        return deleted;
    }

    /// <summary>The current or most recent pruning pass for the retention period.</summary>
    public Task Pruning => _pruner?.Pass ?? Task.CompletedTask;

    /// <summary>Adds a notice to the warning of the next write.</summary>
    public void AddNotice(string notice) => _notices.Enqueue(notice);

    /// <summary>Closes the connection unless it is in use; the next write opens a new one.</summary>
    /// <param name="isTurnTaken">True if the caller already holds this writer's lock.</param>
    /// <param name="before">Called with the connection before it is closed.</param>
    /// <returns>False if no connection is open or if it is in use.</returns>
    public bool TryClose(bool isTurnTaken, Action<SqliteSession> before)
    {
        if (!isTurnTaken && !_turn.Wait(0))
        {
            return false;
        }

        try
        {
            if (_points is null)
            {
                return false;
            }

            before(_points.Session);
            _points.Dispose();
            _points = null;
            return true;
        }
        finally
        {
            if (!isTurnTaken)
            {
                _turn.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        if (_pruner is not null)
        {
            await _pruner.DisposeAsync().ConfigureAwait(false);
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        _isClosed = true;
        try
        {
            // Points that only a lost log contains would be lost when this process ends.
            if (OpenDatabase.Find(_path) is { NeedsRecovery: true } database)
            {
                database.Recover(this);
            }
        }
        catch (Exception e) when (e is SqliteException or EmbeddedStoreException)
        {
            // No later write can report it.
        }

        Close();
        _turn.Release();
    }

    private ValueTask<T> InTurnAsync<T>(Func<BatchWriter, T> work, CancellationToken cancellationToken) =>
        InTurnAsync(() => work(Writer()), cancellationToken);

    private async ValueTask<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(EmbeddedStore));
            return await BlockingWork.RunAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw EmbeddedStoreException.From(e, _path);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes a batch, and again if the files were moved, deleted or replaced meanwhile: other processes would never see those points.</summary>
    private WriteResult Write(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long losses = OpenDatabase.CountLosses(_path);
            try
            {
                BatchWriter writer = Writer();
                _pruner?.Start(cancellationToken);
                WriteResult result = writer.Write(points, _pruner?.OldestAccepted ?? long.MinValue, cancellationToken);
                if (!writer.Session.HasMoved && writer.Session.Database?.HasLostFiles != true)
                {
                    CheckpointWhenDue(writer.Session);
                    return result;
                }
            }
            catch (SqliteException) when (OpenDatabase.HasLostSince(_path, losses))
            {
                // The files were lost during the write: nothing of the batch was committed, so try again.
            }
        }

        throw EmbeddedStoreException.FilesLost(_path);
    }

    /// <summary>Returns a connection to the file and log that are at the path now. Points written to moved or deleted files would never be read.</summary>
    private BatchWriter Writer()
    {
        if (_points?.Session.HasMoved == true)
        {
            if (_points.Session.Database?.HasLostFiles == false)
            {
                // Only the database file was moved, without its log: copy the log into it.
                _points.Session.Checkpoint();
            }

            Close();
            StoreFile.Prepare(_path);
            _pruner?.Restart();
            AddNotice(EmbeddedStoreException.FileMovedNotice(_path));
        }
        else if (_points?.Session.Database is { NeedsRecovery: true } database)
        {
            database.Recover(this);
        }

        if (_points is null)
        {
            _points = new BatchWriter(_path, _lockTimeout);
            _points.Session.Database?.Add(this);
            _lastCheckpoint = null;
            if (FileIdentity.Of(_path) is FileIdentity file && file != _file)
            {
                _pruner?.Restart();
                _file = file;
            }
        }

        return _points;
    }

    private void Close()
    {
        _points?.Session.Database?.Remove(this);
        _points?.Dispose();
        _points = null;
    }

    /// <summary>Runs a checkpoint once a minute. SQLite itself runs one only when the log is full; this limits the loss if the log is deleted.</summary>
    private void CheckpointWhenDue(SqliteSession session)
    {
        if (_lastCheckpoint is not long last || _time.GetElapsedTime(last) >= s_checkpointInterval)
        {
            _lastCheckpoint = _time.GetTimestamp();
            session.Database?.NoteSaved(session.Checkpoint);
        }
    }

    private string? TakeNotices()
    {
        List<string> notices = [];
        while (_notices.TryDequeue(out string? notice))
        {
            notices.Add(notice);
        }

        return notices.Count == 0 ? null : string.Join(' ', notices.Distinct());
    }
}
