using System.ComponentModel;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace VmStats.PowerShell.Formatting;

/// <summary>
/// The UTC time properties of the module's objects in PowerShell: DateTime values whose ToString returns the round-trip format, with
/// all fractional digits and the Z. Export-Csv writes the result of ToString, which for a plain DateTime has neither.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class UtcTimes
{
    private static readonly MethodInfo s_toText = typeof(UtcTimes).GetMethod(nameof(ToText))!;

    /// <summary>Gets the value of the <c>TimeUtc</c> property.</summary>
    public static object? TimeUtc(PSObject item) => Text(item.BaseObject switch
    {
        VmTelemetry one => one.TimeUtc,
        VmDeviceTelemetry one => one.TimeUtc,
        VmTelemetrySample one => one.TimeUtc,
        MemoryDumpRecord one => one.TimeUtc,
        var other => ((MemoryDumpFile)other).TimeUtc,
    });

    /// <summary>Gets the value of the <c>MemoryReportedUtc</c> property.</summary>
    public static object? MemoryReportedUtc(PSObject item) => Text(((VmTelemetry)item.BaseObject).MemoryReportedUtc);

    /// <summary>Gets the value of the <c>FirstUtc</c> property.</summary>
    public static object? FirstUtc(PSObject item) => Text(((VmTelemetryStatistics)item.BaseObject).FirstUtc);

    /// <summary>Gets the value of the <c>LastUtc</c> property.</summary>
    public static object? LastUtc(PSObject item) => Text(((VmTelemetryStatistics)item.BaseObject).LastUtc);

    /// <summary>Gets the value of the <c>LastSeenUtc</c> property.</summary>
    public static object? LastSeenUtc(PSObject item) => Text(((MonitoredVm)item.BaseObject).LastSeenUtc);

    /// <summary>Gets the value of the <c>StartedAtUtc</c> property.</summary>
    public static object? StartedAtUtc(PSObject item) => Text(item.BaseObject switch
    {
        VmTelemetryCollectorStatus one => one.StartedAtUtc,
        var other => ((MemoryDumpStatus)other).StartedAtUtc,
    });

    /// <summary>Gets the value of the <c>EndedAtUtc</c> property.</summary>
    public static object? EndedAtUtc(PSObject item) => Text(((VmTelemetryCollectorStatus)item.BaseObject).EndedAtUtc);

    /// <summary>Gets the value of the <c>LastPollUtc</c> property.</summary>
    public static object? LastPollUtc(PSObject item) => Text(((VmTelemetryCollectorStatus)item.BaseObject).LastPollUtc);

    /// <summary>Gets the value of the <c>ChangeTimeUtc</c> property.</summary>
    public static object? ChangeTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).ChangeTimeUtc);

    /// <summary>Gets the value of the <c>LastWriteTimeUtc</c> property.</summary>
    public static object? LastWriteTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).LastWriteTimeUtc);

    /// <summary>Gets the value of the <c>LastAccessTimeUtc</c> property.</summary>
    public static object? LastAccessTimeUtc(PSObject item) => Text(((MemoryDumpRecord)item.BaseObject).LastAccessTimeUtc);

    /// <summary>Gets the value of the <c>LastDumpUtc</c> property.</summary>
    public static object? LastDumpUtc(PSObject item) => Text(((MemoryDumpStats)item.BaseObject).LastDumpUtc);

    /// <summary>Gets the value of the <c>QueuedAtUtc</c> property.</summary>
    public static object? QueuedAtUtc(PSObject item) => Text(((MemoryDumpStatus)item.BaseObject).QueuedAtUtc);

    /// <summary>Gets the value of the <c>FinishedAtUtc</c> property.</summary>
    public static object? FinishedAtUtc(PSObject item) => Text(((MemoryDumpStatus)item.BaseObject).FinishedAtUtc);

    /// <summary>Formats a time: in the round-trip format if there are no arguments, otherwise like DateTime.ToString with the same arguments.</summary>
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
