using Microsoft.Data.Sqlite;
using VmStats.Data;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// The one writing connection of a store: callers take turns; between their turns it prunes what is older than the
/// retention period. Opened by the first write, so that a process that only reads never asks for the right to write.
/// </summary>
internal sealed class StoreWriter(string path, TimeSpan? retention, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_betweenPrunings = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closing = new();
    private PointWriter? _points;
    private Task _pruning = Task.CompletedTask;
    private long? _prunedAt;
    private volatile string? _pruningFailure;
    private bool _isClosed;

    /// <summary>Writes a batch. The result tells when the last pruning failed: nobody waits for it, so nobody else would.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        WriteResult result = await InTurnAsync(writer => writer.Write(points, OldestKept(), cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        PruneWhenDue();
        return result with { Warning = _pruningFailure };
    }

    /// <summary>The pruning that is under way, or the last one.</summary>
    public Task Pruning => _pruning;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _pruning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _turn.WaitAsync().ConfigureAwait(false);
        _isClosed = true;
        _points?.Dispose();
        _turn.Release();
        _closing.Dispose();
    }

    private long OldestKept() =>
        retention is TimeSpan period ? UnixTime.ToNanoseconds(time.GetUtcNow() - period) : long.MinValue;

    private async ValueTask<T> InTurnAsync<T>(Func<PointWriter, T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(EmbeddedStore));
            return await Task.Run(() => work(Writer()), cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw EmbeddedStoreException.From(e, path);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The connection to the file at the path. One that was moved away would take points that nobody ever sees.</summary>
    private PointWriter Writer()
    {
        if (_points?.Session.HasMoved == true)
        {
            _points.Dispose();
            _points = null;
            StoreFile.Prepare(path);
        }

        return _points ??= new PointWriter(path);
    }

    private void PruneWhenDue()
    {
        lock (_turn)
        {
            bool isDue = retention is not null && _pruning.IsCompleted && !_closing.IsCancellationRequested
                && (_prunedAt is not long last || time.GetElapsedTime(last) >= s_betweenPrunings);
            if (isDue)
            {
                _prunedAt = time.GetTimestamp();
                _pruning = PruneAsync(_closing.Token);
            }
        }
    }

    /// <summary>Prunes slice by slice, each in a turn of its own: a write waits for one slice at most.</summary>
    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        try
        {
            long oldest = OldestKept();
            bool more = true;
            while (more)
            {
                more = await InTurnAsync(writer => RetentionPruner.PruneSlice(writer, oldest, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
            }

            _pruningFailure = null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _pruningFailure = $"Points older than the retention period could not be deleted: {e.Message}";
            throw;
        }
    }
}
