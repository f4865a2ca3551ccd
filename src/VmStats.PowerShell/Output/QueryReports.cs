using System.Management.Automation;
using VmStats.Stores;

namespace VmStats.PowerShell.Output;

/// <summary>Shows what a store reports of its queries: slices as progress, each warning and detail once.</summary>
internal sealed class QueryReports : IQueryObserver
{
    private const int Activity = 81_81;
    private readonly HashSet<string> _told = [];

    /// <summary>Where it is shown; null while the command does no work.</summary>
    internal CommandOutput? Output { get; set; }

    /// <inheritdoc/>
    public void OnProgress(QueryProgress progress)
    {
        // One query in one piece needs no bar.
        if (progress.Total > 1)
        {
            Output?.Progress(new ProgressRecord(Activity, $"Reading {progress.Measurement}", $"{progress.Done} of {progress.Total} slices")
            {
                PercentComplete = 100 * progress.Done / progress.Total,
                RecordType = progress.Done == progress.Total ? ProgressRecordType.Completed : ProgressRecordType.Processing,
            });
        }
    }

    /// <inheritdoc/>
    public void OnWarning(string text)
    {
        if (IsNew(text))
        {
            Output?.Warning(text);
        }
    }

    /// <inheritdoc/>
    public void OnDetail(string text)
    {
        if (IsNew(text))
        {
            Output?.Verbose(text);
        }
    }

    private bool IsNew(string text)
    {
        lock (_told)
        {
            return _told.Add(text);
        }
    }
}
