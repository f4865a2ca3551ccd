using System.ComponentModel;
using System.Management.Automation;
using VmStats.PowerShell.Errors;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Abstractions;

/// <summary>
/// The root of all cmdlets here: lets asynchronous work write to the pipeline, ends it on Ctrl+C, and turns a
/// <see cref="VmStatsException"/> into an ErrorRecord. Only the pipeline thread ever calls Write*.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmStatsCmdletBase : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled by Ctrl+C and whatever else stops the pipeline.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>
    /// Runs work on the pool and writes what it puts out, as it comes, until it ends. A failure of the work ends the
    /// command with a terminating error; what concerns one target only is the work's to report by <see cref="CommandOutput.Error(VmStatsException)"/>.
    /// </summary>
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
        catch (VmStatsException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
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

    /// <inheritdoc cref="Guard{T}(Func{T})"/>
    private protected void Guard(Action call) => Guard(() =>
    {
        call();
        return true;
    });

    /// <summary>Runs a call that may fail with a <see cref="VmStatsException"/>; its failure ends the command.</summary>
    private protected T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (VmStatsException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
            throw;
        }
    }

    /// <summary>Writes a non-terminating error.</summary>
    private protected void WriteError(VmStatsException failure) => WriteError(ErrorRecords.From(failure));

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
