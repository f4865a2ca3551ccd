using VmStats.Points;

namespace VmStats.Collection;

/// <summary>
/// A bounded queue of points between the poller and the writer. When it is full, the oldest points are dropped and counted,
/// since the newest ones show best what is happening now.
/// </summary>
internal sealed class PointQueue(int capacity, TimeProvider clock)
{
    private readonly Queue<Point> _points = new();
    private readonly object _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _completed;
    private long _dropped;

    /// <summary>The number of points in the queue.</summary>
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

    /// <summary>The number of points that were dropped because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds points; drops the oldest ones if the queue is full.</summary>
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

    /// <summary>Marks the queue as complete: no more points will be added.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            Signal();
        }
    }

    /// <summary>Waits until the queue is at most half full.</summary>
    public ValueTask WaitForSpaceAsync(CancellationToken cancellationToken) =>
        WaitAsync(() => _points.Count <= capacity / 2, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Returns the next batch: as soon as it is full, or after <paramref name="maximumWait"/>, or when the queue is complete.
    /// Returns null when the queue is complete and empty.
    /// </summary>
    public async ValueTask<IReadOnlyList<Point>?> TakeAsync(int maximumCount, TimeSpan maximumWait, CancellationToken cancellationToken)
    {
        await WaitAsync(() => _points.Count > 0 || _completed, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        await WaitAsync(() => _points.Count >= maximumCount || _completed, maximumWait, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_points.Count == 0)
            {
                return _completed ? null : [];
            }

            Point[] batch = new Point[Math.Min(maximumCount, _points.Count)];
            for (int i = 0; i < batch.Length; i++)
            {
                batch[i] = _points.Dequeue();
            }

            Signal();
            return batch;
        }
    }

    private async ValueTask WaitAsync(Func<bool> isMet, TimeSpan maximumWait, CancellationToken cancellationToken)
    {
        Task? timeout = null;
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

                timeout ??= Task.Delay(maximumWait, clock, ended.Token);
                if (await Task.WhenAny(changed, timeout).ConfigureAwait(false) == timeout)
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
