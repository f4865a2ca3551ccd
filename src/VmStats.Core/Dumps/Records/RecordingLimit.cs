namespace VmStats.Dumps.Records;

/// <summary>The timeout for writing records to their store: a fixed time, or a short time once the command is stopped.</summary>
internal sealed class RecordingLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _stopped;

    public RecordingLimit(TimeSpan patience, TimeSpan graceTime, CancellationToken stopped)
    {
        _source = new CancellationTokenSource(patience);
        _stopped = stopped.Register(() => _source.CancelAfter(graceTime));
    }

    /// <summary>Cancelled when the wait is over.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _stopped.Dispose();
        _source.Dispose();
    }
}
