using System.Management.Automation;
using VmStats.PowerShell.Formatting;
using VmStats.PowerShell.Output;

namespace VmStats.PowerShell.Dumps;

/// <summary>Shows a dump's progress. Reports come from the dump's own threads and never hold them up.</summary>
internal sealed class DumpProgress(ICommandOutput output, string vm, int activity) : IProgress<MemoryDumpProgress>
{
    private readonly string _activity = $"Memory dump of {vm}";

    /// <inheritdoc/>
    public void Report(MemoryDumpProgress value) => output.Progress(new ProgressRecord(activity, _activity, Describe(value))
    {
        PercentComplete = value.PercentComplete is double percent ? (int)percent : -1,
        SecondsRemaining = value.Remaining is TimeSpan remaining ? (int)Math.Min(remaining.TotalSeconds, int.MaxValue) : -1,
    });

    /// <summary>Takes the bar away.</summary>
    internal void Complete() => output.EndProgress(activity, _activity);

    private static string Describe(MemoryDumpProgress value)
    {
        string of = value.TotalBytes is long total ? $" of {Display.Size(total)}" : "";
        string rate = value.MegabytesPerSecond is double speed ? $", {Display.Number(speed, 0)} MB/s" : "";
        return $"{value.Phase}: {Display.Size(value.ProcessedBytes)}{of}{rate}";
    }
}
