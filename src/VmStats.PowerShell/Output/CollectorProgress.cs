using System.Management.Automation;
using VmStats.Collection;

namespace VmStats.PowerShell.Output;

/// <summary>Shows the progress of a collector while the command waits for it, and reports each of its errors once.</summary>
/// <param name="collector">The collector.</param>
/// <param name="count">The number of polls after which it ends; null if it runs until it is stopped.</param>
/// <param name="isOneOfSeveral">Whether warnings must name the collector.</param>
internal sealed class CollectorProgress(TelemetryCollector collector, int? count, bool isOneOfSeveral)
{
    private readonly ProgressRecord _progress = new(collector.Status.Id, $"Collecting telemetry of {collector.Status.HypervisorUri}", "Starting");
    private string? _reportedError;

    /// <summary>Shows the current status. Must also be called once after the end, since a collector may fail and end between two calls.</summary>
    internal void Update(ICommandOutput output)
    {
        VmTelemetryCollectorStatus status = collector.Status;
        _progress.StatusDescription = $"{status.Polls} polls of {status.VmsMonitored} VMs, {status.PointsWritten} points written";
        _progress.PercentComplete = count is int polls ? (int)Math.Min(100, status.Polls * 100 / polls) : -1;
        output.Progress(_progress);
        if (status.LastError is string error && error != _reportedError)
        {
            _reportedError = error;
            output.Warning(isOneOfSeveral ? $"Collector {status.Id} of {status.HypervisorUri}: {error}" : error);
        }
    }

    /// <summary>Removes the progress bar.</summary>
    internal void Complete(ICommandOutput output) => output.EndProgress(_progress.ActivityId, _progress.Activity);
}
