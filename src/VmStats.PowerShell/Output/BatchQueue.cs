namespace VmStats.PowerShell.Output;

/// <summary>
/// A bounded queue from any threads to one, which takes all that is there at once: the two sides wait for each other once
/// a batch and not once an item, and nothing is allocated by the waiting.
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
    /// <param name="capacity">Items that wait at most; as many may be in the taker's hands.</param>
    /// <param name="cancellationToken">Ends every wait.</param>
    internal BatchQueue(int capacity, CancellationToken cancellationToken)
    {
        _capacity = capacity;
        _cancellationToken = cancellationToken;
        _filled = new List<T>(capacity);
        _taken = new List<T>(capacity);
        _wake = cancellationToken.Register(static queue => ((BatchQueue<T>)queue!).Wake(), this);
    }

    /// <summary>Adds an item, and waits for room where there is none.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Nothing more is taken.</exception>
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

    /// <summary>Adds an item where there is room; drops it else.</summary>
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

    /// <summary>Nothing more will be added.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for items and takes them all; the list is the caller's until he asks again. Null at the end.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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

    /// <summary>Drops what waits, and frees who waits for room.</summary>
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
