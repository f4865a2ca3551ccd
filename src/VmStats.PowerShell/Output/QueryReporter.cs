using System.Management.Automation;
using VmStats.Stores;

namespace VmStats.PowerShell.Output;

/// <summary>Shows the reports of a store's queries: slices as progress, and each warning and detail once.</summary>
internal sealed class QueryReporter : IQueryObserver
{
    private const int Activity = 81_81;
    private readonly HashSet<string> _shown = [];

    /// <summary>The output to write to; null while the command isn't running any work.</summary>
    internal CommandOutput? Output { get; set; }

    /// <inheritdoc/>
    public void OnProgress(QueryProgress progress)
    {
        // A query in a single slice needs no progress bar.
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
        lock (_shown)
        {
            return _shown.Add(text);
        }
    }
}
