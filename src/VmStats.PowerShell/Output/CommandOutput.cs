using System.Management.Automation;
using VmStats.PowerShell.Errors;

namespace VmStats.PowerShell.Output;

/// <summary>
/// What asynchronous work may do to the pipeline. Calls come from any thread; they are carried out by the pipeline
/// thread in their order. The queue is bounded: a slow consumer slows the producer, memory stays flat.
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

    /// <summary>Shows progress, if the pipeline thread keeps up: it never holds the work up.</summary>
    public void Progress(ProgressRecord record) => _queue.TryAdd((Kind.Progress, record));

    /// <summary>Runs a call (ShouldProcess, say) on the pipeline thread and gives its result, or its failure to who asked.</summary>
    internal Task<T> OnPipelineAsync<T>(Func<T> call)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _cancellationToken.Register(() => result.TrySetCanceled(_cancellationToken));
        Add(Kind.Call, (Action)CallAndTell);
        return result.Task;

        void CallAndTell()
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

    /// <summary>Carries out all calls until the work ends. Called by the pipeline thread.</summary>
    internal void Drain(PSCmdlet command)
    {
        while (_queue.Take() is { } batch)
        {
            foreach ((Kind kind, object value) in batch)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                CarryOut(command, kind, value);
            }
        }
    }

    /// <summary>Frees a producer that waits for room; what it still puts out is dropped.</summary>
    internal void Discard() => _queue.Discard();

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private static void CarryOut(PSCmdlet command, Kind kind, object value)
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
