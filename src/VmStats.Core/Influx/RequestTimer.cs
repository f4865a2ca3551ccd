using System.Diagnostics;

namespace VmStats.Influx;

/// <summary>The time-out of one wait after another within a request, joined with the caller's cancellation.</summary>
internal sealed class RequestTimer : IDisposable
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;
    private TimeSpan _waited;
    private long _began;

    public RequestTimer(TimeSpan timeout, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    /// <summary>Cancelled by the caller or when a wait has lasted too long.</summary>
    public CancellationToken Token => _source.Token;

    public bool WasCancelledByCaller => _caller.IsCancellationRequested;

    /// <summary>Begins a wait of full length.</summary>
    public void Restart()
    {
        _waited = TimeSpan.Zero;
        Resume();
    }

    /// <summary>Goes on with a wait: bytes that come one by one and never make a row don't prolong it.</summary>
    public void Resume()
    {
        TimeSpan left = _timeout - _waited;
        _began = Stopwatch.GetTimestamp();
        _source.CancelAfter(left > s_least ? left : s_least);
    }

    /// <summary>Interrupts a wait: time that the caller spends on a row is not the server's.</summary>
    public void Pause()
    {
        _waited += Stopwatch.GetElapsedTime(_began);
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>What was waited for has come; the next wait has its full length.</summary>
    public void Progressed() => _waited = TimeSpan.Zero;

    public OperationCanceledException Cancelled(Exception cause) => new("The request was cancelled.", cause, _caller);

    public void Dispose() => _source.Dispose();
}
