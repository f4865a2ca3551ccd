using System.Management.Automation;
using VmStats.PowerShell.Formatting;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>
/// Shows the progress that a dump's threads or the dump service report, and removes the progress bar at the end. Reporting
/// never blocks the dump.
/// </summary>
internal sealed class DumpProgress(ICommandOutput output, string title, int activity) : IProgress<MemoryDumpProgress>, IProgress<MemoryDumpStatus>, IDisposable
{
    /// <inheritdoc/>
    public void Report(MemoryDumpProgress value)
    {
        string of = value.TotalBytes is long total ? $" of {Display.Size(total)}" : "";
        string rate = value.MegabytesPerSecond is double speed ? $", {Display.Number(speed, 0)} MB/s" : "";
        Show($"{value.Phase}: {Display.Size(value.ProcessedBytes)}{of}{rate}", value.PercentComplete, value.Remaining);
    }

    /// <inheritdoc/>
    public void Report(MemoryDumpStatus value) => Show(value.Message ?? $"{value.State}", value.PercentComplete, value.Remaining);

    /// <inheritdoc/>
    public void Dispose() => output.EndProgress(activity, title);

    // The percentage is checked since the dump service may report any number.
    private void Show(string status, double? percent, TimeSpan? remaining) => output.Progress(new ProgressRecord(activity, title, status)
    {
        PercentComplete = percent is >= 0 and <= 100 ? (int)percent.Value : -1,
        SecondsRemaining = remaining is TimeSpan left ? (int)Math.Min(left.TotalSeconds, int.MaxValue) : -1,
    });
}
