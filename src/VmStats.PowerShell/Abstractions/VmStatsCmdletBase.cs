using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Errors;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Abstractions;

/// <summary>
/// The base class of all cmdlets of the module: lets asynchronous work write to the pipeline, and cancels it on Ctrl+C. A
/// <see cref="VmStatsException"/> thrown by a cmdlet becomes a terminating error; if a failure concerns only one of several
/// targets, the cmdlet catches the exception and writes it as an error. Only the pipeline thread calls the Write methods.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmStatsCmdletBase : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>A token that is cancelled when the pipeline is stopped, by Ctrl+C or otherwise.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => EndWithError(Begin);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => EndWithError(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => EndWithError(End);

    /// <summary>Called before the first pipeline record; validates the arguments.</summary>
    private protected virtual void Begin()
    {
    }

    /// <summary>Called for each pipeline record, or once for the arguments.</summary>
    private protected virtual void Process()
    {
    }

    /// <summary>Called after the last pipeline record.</summary>
    private protected virtual void End()
    {
    }

    /// <summary>
    /// Runs work on the thread pool and writes its output to the pipeline as it arrives, until the work ends. An exception
    /// of the work is rethrown; failures of a single target are reported by the work through
    /// <see cref="CommandOutput.Error(VmStatsException)"/>.
    /// </summary>
    /// <exception cref="VmStatsException">The work failed.</exception>
    private protected void Run(Func<CommandOutput, CancellationToken, Task> work)
    {
        using CancellationTokenSource cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using CommandOutput output = new(cancellation.Token);
        OutputChanged(output);
        Task producer = Task.Run(() => ProduceAsync(work, output, cancellation.Token), CancellationToken.None);
        try
        {
            output.Drain(this);
            producer.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            // A downstream cmdlet may have stopped the pipeline during a write: the producer must release its resources
            // before this command returns.
            cancellation.Cancel();
            output.Discard();
            Await(producer);
            OutputChanged(null);
        }
    }

    /// <summary>Called when the output that work may write to changes; it is null when the work has ended.</summary>
    private protected virtual void OutputChanged(CommandOutput? output)
    {
    }

    /// <summary>Runs work on the thread pool and returns its result.</summary>
    private protected T Compute<T>(Func<CommandOutput, CancellationToken, Task<T>> work)
    {
        T? result = default;
        Run(async (output, cancellationToken) => result = await work(output, cancellationToken));
        return result!;
    }

    /// <summary>Writes a non-terminating error.</summary>
    internal void WriteError(VmStatsException failure) => WriteError(ErrorRecords.From(failure));

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the command's resources; called even if EndProcessing never ran.</summary>
    /// <param name="disposing">Always true, since there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Dispose();
        }
    }

    private void EndWithError(Action step)
    {
        try
        {
            step();
        }
        catch (VmStatsException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
        }
    }

    private static async Task ProduceAsync(
        Func<CommandOutput, CancellationToken, Task> work,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        try
        {
            await work(output, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            output.Complete();
        }
    }

    private static void Await(Task producer)
    {
        try
        {
            producer.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is OperationCanceledException or VmStatsException)
        {
            // Already reported, or caused by the cancellation above.
        }
    }
}
