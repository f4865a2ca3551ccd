namespace VmStats.Influx;

/// <summary>The time-out of one wait after another within a request, joined with the caller's cancellation.</summary>
internal sealed class RequestTimer : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;

    public RequestTimer(TimeSpan timeout, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    /// <summary>Cancelled by the caller or when a wait has lasted too long.</summary>
    public CancellationToken Token => _source.Token;

    public bool WasCancelledByCaller => _caller.IsCancellationRequested;

    /// <summary>Begins a wait.</summary>
    public void Restart() => _source.CancelAfter(_timeout);

    /// <summary>Ends a wait: time that the caller spends on a row is not the server's.</summary>
    public void Pause() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    public OperationCanceledException Cancelled(Exception cause) => new("The request was cancelled.", cause, _caller);

    public void Dispose() => _source.Dispose();
}
