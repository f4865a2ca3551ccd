namespace VmStats.Collection;

/// <summary>Polls a hypervisor and stores the telemetry, until it is stopped or has reached its number of polls.</summary>
internal sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly TelemetryCollectorOptions _options;
    private readonly PointQueue _queue;
    private readonly CollectorCounters _counters;
    private readonly CancellationTokenSource _stopPolling = new();
    private readonly CancellationTokenSource _stopWriting = new();
    private readonly object _lock = new();
    private Task? _completion;
    private int _disposed;

    /// <summary>Creates a collector; <see cref="Start"/> starts it.</summary>
    /// <param name="id">Its id in the session.</param>
    /// <param name="options">What it polls and where it writes to.</param>
    public TelemetryCollector(int id, TelemetryCollectorOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Interval, TimeSpan.Zero);
        _options = options;
        _queue = new PointQueue(options.QueueCapacity, options.Clock);
        _counters = new CollectorCounters(new VmTelemetryCollectorStatus
        {
            Id = id,
            Name = options.Name ?? $"collector{id}",
            HypervisorUri = options.Hypervisor.Uri,
            Store = $"{options.Store.Info.Address} ({options.Store.Info.Database})",
            Interval = options.Interval,
        });
    }

    /// <summary>Raised on another thread when something fails or has recovered. The argument is the message.</summary>
    public event Action<TelemetryCollector, string>? Warning;

    /// <summary>Its current status and counters.</summary>
    public VmTelemetryCollectorStatus Status
    {
        get
        {
            VmTelemetryCollectorStatus status = _counters.Status;
            return status with { QueueLength = _queue.Count, PointsDropped = status.PointsDropped + _queue.Dropped };
        }
    }

    /// <summary>
    /// Completes when the collector has ended and all its points are in the store or the spool. The task never faults:
    /// failures are in <see cref="Status"/>.
    /// </summary>
    public Task Completion => _completion ?? Task.CompletedTask;

    /// <summary>Starts the collector. Can be called only once.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_completion is not null)
            {
                throw new InvalidOperationException("The collector has been started already.");
            }

            _counters.Update(status => status with { StartedAtUtc = _options.Clock.GetUtcNow().UtcDateTime });
            _completion = Task.Run(RunAsync);
        }
    }

    /// <summary>
    /// Stops the collector. Completes when all its points are in the store or, if the store doesn't accept them before
    /// <see cref="TelemetryCollectorOptions.StopTimeout"/>, in the spool.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait; the collector still stops.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopPolling.CancelAsync().ConfigureAwait(false);
        _stopWriting.CancelAfter(_options.StopTimeout);
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            _stopPolling.Dispose();
            _stopWriting.Dispose();
        }
    }

    private async Task RunAsync()
    {
        TelemetryCollectorState end = TelemetryCollectorState.Stopped;
        Task writing = RunPartAsync(new PointWriter(_options, _queue, _counters, Warn).RunAsync(_stopWriting.Token));
        try
        {
            await new HypervisorPoller(_options, _queue, _counters, Warn).RunAsync(_stopPolling.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopPolling.IsCancellationRequested)
        {
            // The collector was stopped.
        }
        catch (Exception e)
        {
            // Callers may never await the completion, so any failure must show in the status.
            end = TelemetryCollectorState.Failed;
            _counters.AddFailure(e.Message);
            Warn($"The collector ended. {e.Message}");
        }

        _counters.Update(status => status.State == TelemetryCollectorState.Running
            ? status with { State = TelemetryCollectorState.Stopping }
            : status);
        _queue.Complete();
        await writing.ConfigureAwait(false);
        if (_options.OwnsStore)
        {
            await _options.Store.DisposeAsync().ConfigureAwait(false);
        }

        _counters.Update(status => status with
        {
            State = status.State == TelemetryCollectorState.Failed ? status.State : end,
            EndedAtUtc = _options.Clock.GetUtcNow().UtcDateTime,
        });
    }

    private async Task RunPartAsync(Task part)
    {
        try
        {
            await part.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _counters.Update(status => status with { State = TelemetryCollectorState.Failed, Errors = status.Errors + 1, LastError = e.Message });
            await _stopPolling.CancelAsync().ConfigureAwait(false);
            Warn($"The collector ended. {e.Message}");
        }
    }

    private void Warn(string message) => Warning?.Invoke(this, message);
}
