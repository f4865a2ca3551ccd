using System.Management.Automation;
using VmStats.Errors;
using VmStats.PowerShell.Dumps;
using VmStats.PowerShell.Errors;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Jobs;

/// <summary>
/// The job that Invoke-MemoryDump -AsJob returns, for Get-Job, Wait-Job, Receive-Job, Stop-Job and Remove-Job. Stopping it
/// closes the streams: the VMs resume, no file is left, and each attempt is recorded. Its state is Failed if any dump failed.
/// </summary>
internal sealed class MemoryDumpJob : Job, ICommandOutput
{
    private readonly MemoryDumpWork _work;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<int, int> _shown = [];
    private readonly object _gate = new();
    private Task _run = Task.CompletedTask;
    private bool _hasEnded;

    /// <summary>Creates the job without starting it.</summary>
    /// <param name="command">The command line that created it.</param>
    /// <param name="work">The dumps; the job disposes of them.</param>
    internal MemoryDumpJob(string command, MemoryDumpWork work)
        : base(command)
    {
        _work = work;
        PSJobTypeName = nameof(MemoryDumpJob);
        Name = $"MemoryDump{Id}";
    }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count + Error.Count + Warning.Count + Progress.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <inheritdoc/>
    public override string StatusMessage => string.Join(", ", _work.Names);

    /// <summary>A task that completes when the job has ended; it never fails.</summary>
    internal Task Completion => _run;

    /// <summary>Starts the job.</summary>
    internal void Start()
    {
        lock (_gate)
        {
            SetJobState(JobState.Running);
            _run = Task.Run(RunAsync);
        }
    }

    /// <inheritdoc/>
    public override void StopJob()
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            SetJobState(JobState.Stopping);
            _stop.Cancel();
        }

        _run.Wait();
    }

    void ICommandOutput.Write(object value) => Output.Add(PSObject.AsPSObject(value));

    void ICommandOutput.Error(VmStatsException failure) => Error.Add(ErrorRecords.From(failure));

    void ICommandOutput.Warning(string text) => Warning.Add(new WarningRecord(text));

    void ICommandOutput.Progress(ProgressRecord record)
    {
        // Progress records are kept until Receive-Job, so only whole percent steps are added.
        lock (_shown)
        {
            bool isNew = !_shown.TryGetValue(record.ActivityId, out int shown) || shown != record.PercentComplete;
            if (!isNew && record.RecordType != ProgressRecordType.Completed)
            {
                return;
            }

            _shown[record.ActivityId] = record.PercentComplete;
        }

        Progress.Add(record);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            StopJob();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync()
    {
        JobState state = JobState.Completed;
        try
        {
            await using (_work)
            {
                state = await _work.RunAsync(this, _stop.Token) == 0 ? JobState.Completed : JobState.Failed;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            state = JobState.Stopped;
        }
        catch (Exception e)
        {
            Error.Add(new ErrorRecord(e, ErrorIds.MemoryDumpJobFailed, ErrorCategory.NotSpecified, null));
            state = JobState.Failed;
        }

        lock (_gate)
        {
            // From here on, StopJob has no effect.
            _hasEnded = true;
            SetJobState(state);
        }
    }
}
