using VmStats.Points;

namespace VmStats.Collection;

/// <summary>
/// Points on their way from the polls to the writer. It holds so many and no more: when it is full the oldest are
/// dropped and counted, since the newest tell most of what is happening now.
/// </summary>
internal sealed class PointQueue(int capacity, TimeProvider clock)
{
    private readonly Queue<Point> _points = new();
    private readonly object _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _completed;
    private long _dropped;

    /// <summary>Points that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _points.Count;
            }
        }
    }

    /// <summary>Points that were dropped because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds points, dropping the oldest where there is no room.</summary>
    public void Add(IReadOnlyList<Point> points)
    {
        lock (_lock)
        {
            foreach (Point point in points)
            {
                if (_points.Count == capacity)
                {
                    _points.Dequeue();
                    _dropped++;
                }

                _points.Enqueue(point);
            }

            Signal();
        }
    }

    /// <summary>Says that no more points come.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            Signal();
        }
    }

    /// <summary>Waits until no more than half of the queue is taken.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        WaitAsync(() => _points.Count <= capacity / 2, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// The next batch: as soon as it is full, or when its first point has waited long enough, or when no more come.
    /// Null when all are taken and no more come.
    /// </summary>
    public async ValueTask<IReadOnlyList<Point>?> TakeAsync(int most, TimeSpan longest, CancellationToken cancellationToken)
    {
        await WaitAsync(() => _points.Count > 0 || _completed, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        await WaitAsync(() => _points.Count >= most || _completed, longest, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_points.Count == 0)
            {
                return _completed ? null : [];
            }

            Point[] batch = new Point[Math.Min(most, _points.Count)];
            for (int i = 0; i < batch.Length; i++)
            {
                batch[i] = _points.Dequeue();
            }

            Signal();
            return batch;
        }
    }

    private async ValueTask WaitAsync(Func<bool> isMet, TimeSpan longest, CancellationToken cancellationToken)
    {
        Task? limit = null;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (isMet())
                    {
                        return;
                    }

                    changed = _changed.Task;
                }

                limit ??= Task.Delay(longest, clock, ended.Token);
                if (await Task.WhenAny(changed, limit).ConfigureAwait(false) == limit)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    return;
                }
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Signal()
    {
        TaskCompletionSource before = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }
}
