using System.ComponentModel;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace VmStats.PowerShell.Formatting;

/// <summary>
/// The UTC time properties of the module's objects in PowerShell: DateTime values whose string form has all digits and the
/// Z. Export-Csv writes the string form of a value, and that of a plain DateTime has neither.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class UtcTimes
{
    private static readonly MethodInfo s_toText = typeof(UtcTimes).GetMethod(nameof(ToText))!;

    /// <summary>For <c>TimeUtc</c>.</summary>
    public static object? TimeUtc(PSObject item) => Text(item.BaseObject switch
    {
        VmTelemetry one => one.TimeUtc,
        VmDeviceTelemetry one => one.TimeUtc,
        VmTelemetrySample one => one.TimeUtc,
        MemoryDumpRecord one => one.TimeUtc,
        var other => ((MemoryDumpFile)other).TimeUtc,
    });

    /// <summary>For <c>MemoryReportedUtc</c>.</summary>
    public static object? MemoryReportedUtc(PSObject item) => Text(((VmTelemetry)item.BaseObject).MemoryReportedUtc);

    /// <summary>For <c>FirstUtc</c>.</summary>
    public static object? FirstUtc(PSObject item) => Text(((VmTelemetryStatistics)item.BaseObject).FirstUtc);

    /// <summary>For <c>LastUtc</c>.</summary>
    public static object? LastUtc(PSObject item) => Text(((VmTelemetryStatistics)item.BaseObject).LastUtc);

    /// <summary>For <c>LastSeenUtc</c>.</summary>
    public static object? LastSeenUtc(PSObject item) => Text(((MonitoredVm)item.BaseObject).LastSeenUtc);

    /// <summary>For <c>StartedAtUtc</c>.</summary>
    public static object? StartedAtUtc(PSObject item) => Text(item.BaseObject switch
    {
        VmTelemetryCollectorStatus one => one.StartedAtUtc,
        var other => ((MemoryDumpStatus)other).StartedAtUtc,
    });

    /// <summary>For <c>EndedAtUtc</c>.</summary>
    public static object? EndedAtUtc(PSObject item) => Text(((VmTelemetryCollectorStatus)item.BaseObject).EndedAtUtc);

    /// <summary>For <c>LastPollUtc</c>.</summary>
    public static object? LastPollUtc(PSObject item) => Text(((VmTelemetryCollectorStatus)item.BaseObject).LastPollUtc);

    /// <summary>For <c>ChangeTimeUtc</c>.</summary>
    public static object? ChangeTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).ChangeTimeUtc);

    /// <summary>For <c>LastWriteTimeUtc</c>.</summary>
    public static object? LastWriteTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).LastWriteTimeUtc);

    /// <summary>For <c>LastAccessTimeUtc</c>.</summary>
    public static object? LastAccessTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).LastAccessTimeUtc);

    /// <summary>For <c>LastDumpUtc</c>.</summary>
    public static object? LastDumpUtc(PSObject item) => Text(((MemoryDumpStats)item.BaseObject).LastDumpUtc);

    /// <summary>For <c>QueuedAtUtc</c>.</summary>
    public static object? QueuedAtUtc(PSObject item) => Text(((MemoryDumpStatus)item.BaseObject).QueuedAtUtc);

    /// <summary>For <c>FinishedAtUtc</c>.</summary>
    public static object? FinishedAtUtc(PSObject item) => Text(((MemoryDumpStatus)item.BaseObject).FinishedAtUtc);

    /// <summary>Formats a time: exactly if there are no arguments, otherwise like DateTime.ToString with the same arguments.</summary>
    public static string ToText(PSObject time, params object?[] arguments)
    {
        DateTime utc = (DateTime)time.BaseObject;
        object?[] unwrapped = [.. arguments.Select(one => one is PSObject wrapped ? wrapped.BaseObject : one)];
        return unwrapped.Length == 0
            ? utc.ToString("O", CultureInfo.InvariantCulture)
            : utc.ToString(unwrapped.OfType<string>().FirstOrDefault(), unwrapped.OfType<IFormatProvider>().FirstOrDefault() ?? CultureInfo.CurrentCulture);
    }

    private static PSObject? Text(DateTime? time)
    {
        if (time is null)
        {
            return null;
        }

        PSObject item = new(time.Value);
        item.Methods.Add(new PSCodeMethod("ToString", s_toText), preValidated: true);
        return item;
    }
}
