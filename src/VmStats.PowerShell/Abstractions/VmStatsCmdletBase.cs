using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Errors;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Abstractions;

/// <summary>
/// The root of all cmdlets here: lets asynchronous work write to the pipeline, and ends it on Ctrl+C. A
/// <see cref="VmStatsException"/> that a cmdlet lets out ends it as a terminating error; of what concerns one of several
/// targets it catches the exception and writes it. Only the pipeline thread ever calls Write*.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmStatsCmdletBase : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled by Ctrl+C and whatever else stops the pipeline.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => EndWithError(Begin);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => EndWithError(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => EndWithError(End);

    /// <summary>Before the first record: what the arguments alone tell.</summary>
    private protected virtual void Begin()
    {
    }

    /// <summary>One record of the pipeline, or the arguments.</summary>
    private protected virtual void Process()
    {
    }

    /// <summary>After the last record.</summary>
    private protected virtual void End()
    {
    }

    /// <summary>
    /// Runs work on the pool and writes what it puts out, as it comes, until it ends. A failure of the work is thrown; what
    /// concerns one target only is the work's to report by <see cref="CommandOutput.Error(VmStatsException)"/>.
    /// </summary>
    /// <exception cref="VmStatsException">The work has failed.</exception>
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
            // A downstream cmdlet may have ended the pipeline while we wrote: the producer must let go of what it holds
            // before this command returns.
            cancellation.Cancel();
            output.Discard();
            Await(producer);
            OutputChanged(null);
        }
    }

    /// <summary>Told what work may write to from now on; null when it has ended.</summary>
    private protected virtual void OutputChanged(CommandOutput? output)
    {
    }

    /// <summary>Runs work that gives one value and writes nothing.</summary>
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

    /// <summary>Frees what the command holds; EndProcessing may never have run.</summary>
    /// <param name="disposing">Always true here.</param>
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
            // Already reported, or the consequence of our own cancellation.
        }
    }
}
