namespace VmStats.PowerShell.Output;

/// <summary>
/// A bounded queue with many producer threads and one consumer, which takes all queued items at once: the two sides
/// synchronize once per batch rather than once per item, and waiting allocates nothing.
/// </summary>
internal sealed class BatchQueue<T> : IDisposable
{
    private readonly object _gate = new();
    private readonly int _capacity;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _wake;
    private List<T> _filled;
    private List<T> _taken;
    private bool _isComplete;

    /// <summary>Creates a queue.</summary>
    /// <param name="capacity">The maximum number of queued items; the batch that the consumer holds may contain as many again.</param>
    /// <param name="cancellationToken">Cancels every wait.</param>
    internal BatchQueue(int capacity, CancellationToken cancellationToken)
    {
        _capacity = capacity;
        _cancellationToken = cancellationToken;
        _filled = new List<T>(capacity);
        _taken = new List<T>(capacity);
        _wake = cancellationToken.Register(static queue => ((BatchQueue<T>)queue!).Wake(), this);
    }

    /// <summary>Adds an item; waits for space if the queue is full.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The queue is complete.</exception>
    internal void Add(T item)
    {
        lock (_gate)
        {
            while (_filled.Count >= _capacity && !_isComplete && !_cancellationToken.IsCancellationRequested)
            {
                Monitor.Wait(_gate);
            }

            _cancellationToken.ThrowIfCancellationRequested();
            if (_isComplete)
            {
                throw new InvalidOperationException("The work has ended.");
            }

            Put(item);
        }
    }

    /// <summary>Adds an item if there is space, and drops it otherwise.</summary>
    internal void TryAdd(T item)
    {
        lock (_gate)
        {
            if (_filled.Count < _capacity && !_isComplete && !_cancellationToken.IsCancellationRequested)
            {
                Put(item);
            }
        }
    }

    /// <summary>Marks the queue as complete: no more items will be added.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for items and takes all of them; the list is valid until the next call. Returns null when the queue is complete and empty.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal List<T>? Take()
    {
        _taken.Clear();
        lock (_gate)
        {
            while (_filled.Count == 0 && !_isComplete && !_cancellationToken.IsCancellationRequested)
            {
                Monitor.Wait(_gate);
            }

            _cancellationToken.ThrowIfCancellationRequested();
            (_taken, _filled) = (_filled, _taken);
            Monitor.PulseAll(_gate);
        }

        return _taken.Count > 0 ? _taken : null;
    }

    /// <summary>Discards the queued items, and wakes producers that wait for space.</summary>
    internal void Discard()
    {
        lock (_gate)
        {
            _filled.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private void Put(T item)
    {
        _filled.Add(item);
        if (_filled.Count == 1)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
