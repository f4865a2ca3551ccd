using System.Management.Automation;
using VmStats.Collection;

namespace VmStats.PowerShell.Output;

/// <summary>Shows how far a collector is that is waited for, and tells each failure once.</summary>
/// <param name="collector">The collector.</param>
/// <param name="count">The polls after which it ends; null for never.</param>
/// <param name="isOneOfSeveral">Whether warnings must say which collector they are of.</param>
internal sealed class CollectorWatch(TelemetryCollector collector, int? count, bool isOneOfSeveral)
{
    private readonly ProgressRecord _progress = new(collector.Status.Id, $"Collecting telemetry of {collector.Status.HypervisorUri}", "Starting");
    private string? _told;

    /// <summary>Looks at it now. A short run may fail and end between two looks: one after its end is needed, too.</summary>
    internal void Look(ICommandOutput output)
    {
        VmTelemetryCollectorStatus status = collector.Status;
        _progress.StatusDescription = $"{status.Polls} polls of {status.VmsMonitored} VMs, {status.PointsWritten} points written";
        _progress.PercentComplete = count is int polls ? (int)Math.Min(100, status.Polls * 100 / polls) : -1;
        output.Progress(_progress);
        if (status.LastError is string error && error != _told)
        {
            _told = error;
            output.Warning(isOneOfSeveral ? $"Collector {status.Id} of {status.HypervisorUri}: {error}" : error);
        }
    }

    /// <summary>Takes the progress bar away.</summary>
    internal void Complete(ICommandOutput output) => output.EndProgress(_progress.ActivityId, _progress.Activity);
}
