namespace VmStats.Dumps.Records;

/// <summary>The timeout for writing records to the store. It is replaced by a short grace period when the caller cancels.</summary>
internal sealed class RecordingLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _stopped;

    public RecordingLimit(TimeSpan timeout, TimeSpan graceTime, CancellationToken stopped)
    {
        _source = new CancellationTokenSource(timeout);
        _stopped = stopped.Register(() => _source.CancelAfter(graceTime));
    }

    /// <summary>Cancelled when the timeout or the grace period has elapsed.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _stopped.Dispose();
        _source.Dispose();
    }
}
