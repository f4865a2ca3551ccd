using System.Diagnostics;

namespace VmStats.Stores.Influx.Http;

/// <summary>The timeout of consecutive waits within a request, combined with the caller's cancellation.</summary>
internal sealed class RequestTimer : IDisposable
{
    private static readonly TimeSpan s_minimum = TimeSpan.FromMilliseconds(1);
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;
    private TimeSpan _waited;
    private long _started;

    public RequestTimer(TimeSpan timeout, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    /// <summary>Cancelled by the caller, or when a wait has exceeded the timeout.</summary>
    public CancellationToken Token => _source.Token;

    public bool WasCancelledByCaller => _caller.IsCancellationRequested;

    /// <summary>Starts a new wait with the full timeout.</summary>
    public void Restart()
    {
        _waited = TimeSpan.Zero;
        Resume();
    }

    /// <summary>Resumes a wait without resetting it: bytes that trickle in and never complete a row don't extend the timeout.</summary>
    public void Resume()
    {
        TimeSpan left = _timeout - _waited;
        _started = Stopwatch.GetTimestamp();
        _source.CancelAfter(left > s_minimum ? left : s_minimum);
    }

    /// <summary>Pauses a wait: the time that the caller spends on a row doesn't count against the server.</summary>
    public void Pause()
    {
        _waited += Stopwatch.GetElapsedTime(_started);
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Resets the timeout after progress: the next wait has its full length.</summary>
    public void Progressed() => _waited = TimeSpan.Zero;

    public OperationCanceledException Cancelled(Exception cause) => new("The request was cancelled.", cause, _caller);

    public void Dispose() => _source.Dispose();
}
