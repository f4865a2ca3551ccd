using System.ComponentModel;
using System.Globalization;

namespace VmStats.PowerShell.Formatting;

/// <summary>Formats numbers and times for the table views. Objects in the pipeline keep the plain values.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Display
{
    private static readonly string[] s_units = ["B", "K", "M", "G", "T", "P", "E"];
    private static readonly string[] s_thousands = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary>Formats a number of bytes with a binary unit (K is 1024), like df -h and free -h; empty for null.</summary>
    public static string Size(double? bytes)
    {
        if (bytes is not double value)
        {
            return "";
        }

        int unit = 0;
        while (Math.Abs(value) >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.CurrentCulture)}{s_units[unit]}";
    }

    /// <summary>Formats bytes per second with a binary unit; the column header contains the "per second".</summary>
    public static string Rate(double? bytesPerSecond) => Size(bytesPerSecond);

    /// <summary>Formats a number with the given number of decimals and group separators; empty for null.</summary>
    public static string Number(double? value, int decimals) =>
        value?.ToString("#,0." + new string('0', decimals), CultureInfo.CurrentCulture) ?? "";

    /// <summary>Formats the value of a metric briefly: bytes with binary units, times in seconds, large counts with k, M, G (powers of 1000); empty for null.</summary>
    /// <param name="value">The value.</param>
    /// <param name="unit">The unit from the metric catalogue.</param>
    public static string Value(double? value, string? unit) => (value, unit) switch
    {
        (null, _) => "",
        (_, "bytes" or "bytes/s") => Size(value),
        (double nanoseconds, "ns") => Count(nanoseconds / 1e9) + "s",
        (double number, _) => Count(number),
    };

    /// <summary>Formats a time in the local time zone: to the second for today, otherwise with the date; empty for null.</summary>
    public static string Time(DateTime? time) => time?.ToLocalTime() switch
    {
        null => "",
        DateTime local when local.Date == DateTime.Today => local.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        DateTime local when local.Year == DateTime.Today.Year => local.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture),
        DateTime local => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static string Count(double number)
    {
        int unit = 0;
        for (; Math.Abs(number) >= 100_000 && unit < s_thousands.Length - 1; number /= 1000)
        {
            unit++;
        }

        return number.ToString(unit == 0 && number == Math.Floor(number) ? "#,0" : "#,0.0", CultureInfo.CurrentCulture) + s_thousands[unit];
    }

    /// <summary>Returns the file name of a path; empty for null.</summary>
    public static string File(string? path) => path is null ? "" : Path.GetFileName(path);

    /// <summary>Formats a duration, such as 850 ms, 12.3 s or 01:02:03; empty for null.</summary>
    public static string Duration(TimeSpan? duration) => duration switch
    {
        null => "",
        { TotalSeconds: < 1 } short1 => string.Create(CultureInfo.CurrentCulture, $"{short1.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } medium => string.Create(CultureInfo.CurrentCulture, $"{medium.TotalSeconds:0.0} s"),
        TimeSpan other => other.ToString(other.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture),
    };
}
