using System.Management.Automation;
using VmStats.PowerShell.Errors;

namespace VmStats.PowerShell.Output;

/// <summary>
/// The output of asynchronous work to the pipeline. The methods may be called on any thread; the pipeline thread executes
/// the calls in order. The queue is bounded, so a slow consumer slows down the producer and memory use stays constant.
/// </summary>
internal sealed class CommandOutput : ICommandOutput, IDisposable
{
    private const int Capacity = 1024;

    private readonly BatchQueue<(Kind Kind, object Value)> _queue;
    private readonly CancellationToken _cancellationToken;

    internal CommandOutput(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _queue = new BatchQueue<(Kind Kind, object Value)>(Capacity, cancellationToken);
    }

    private enum Kind
    {
        Object,
        Error,
        Warning,
        Verbose,
        Progress,
        Call,
    }

    /// <inheritdoc/>
    public void Write(object value) => Add(Kind.Object, value);

    /// <inheritdoc/>
    public void Error(VmStatsException failure) => Add(Kind.Error, ErrorRecords.From(failure));

    /// <inheritdoc/>
    public void Warning(string text) => Add(Kind.Warning, text);

    /// <summary>Writes a verbose line.</summary>
    internal void Verbose(string text) => Add(Kind.Verbose, text);

    /// <summary>Shows progress; never blocks, so the record is dropped if the queue is full.</summary>
    public void Progress(ProgressRecord record) => _queue.TryAdd((Kind.Progress, record));

    /// <summary>Runs a call, such as ShouldProcess, on the pipeline thread and returns its result or its exception to the caller.</summary>
    internal Task<T> OnPipelineAsync<T>(Func<T> call)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _cancellationToken.Register(() => result.TrySetCanceled(_cancellationToken));
        Add(Kind.Call, (Action)CallAndSetResult);
        return result.Task;

        void CallAndSetResult()
        {
            try
            {
                result.TrySetResult(call());
            }
            catch (VmStatsException e)
            {
                result.TrySetException(e);
            }
        }
    }

    internal void Complete() => _queue.Complete();

    /// <summary>Executes the queued calls until the work ends. Must be called on the pipeline thread.</summary>
    internal void Drain(PSCmdlet command)
    {
        while (_queue.Take() is { } batch)
        {
            foreach ((Kind kind, object value) in batch)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                Execute(command, kind, value);
            }
        }
    }

    /// <summary>Discards queued output, and wakes a producer that waits for space.</summary>
    internal void Discard() => _queue.Discard();

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private static void Execute(PSCmdlet command, Kind kind, object value)
    {
        switch (kind)
        {
            case Kind.Object:
                command.WriteObject(value);
                break;
            case Kind.Error:
                command.WriteError((ErrorRecord)value);
                break;
            case Kind.Warning:
                command.WriteWarning((string)value);
                break;
            case Kind.Verbose:
                command.WriteVerbose((string)value);
                break;
            case Kind.Progress:
                command.WriteProgress((ProgressRecord)value);
                break;
            default:
                ((Action)value)();
                break;
        }
    }

    private void Add(Kind kind, object value) => _queue.Add((kind, value));
}
