using System.ComponentModel;
using System.Globalization;

namespace VmStats.PowerShell.Formatting;

/// <summary>Numbers and times as the table views show them. Display only: what travels in the pipeline stays a number.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Display
{
    private static readonly string[] s_units = ["B", "K", "M", "G", "T", "P", "E"];
    private static readonly string[] s_thousands = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary>Bytes with a binary unit (K is 1024), as df -h and free -h show them; empty for null.</summary>
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

    /// <summary>Bytes per second with a binary unit; the view's header says that it is per second.</summary>
    public static string Rate(double? bytesPerSecond) => Size(bytesPerSecond);

    /// <summary>A number with so many decimals at the most; empty for null.</summary>
    public static string Number(double? value, int decimals) =>
        value?.ToString("#,0." + new string('0', decimals), CultureInfo.CurrentCulture) ?? "";

    /// <summary>The value of a metric, short: bytes with binary units, times in seconds, large counts with k, M, G (thousands); empty for null.</summary>
    /// <param name="value">The value.</param>
    /// <param name="unit">The unit of the catalogue.</param>
    public static string Value(double? value, string? unit) => (value, unit) switch
    {
        (null, _) => "",
        (_, "bytes" or "bytes/s") => Size(value),
        (double nanoseconds, "ns") => Count(nanoseconds / 1e9) + "s",
        (double number, _) => Count(number),
    };

    /// <summary>A time in the reader's zone: today's to the second, others with their date; empty for null.</summary>
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

    /// <summary>The last part of a path; empty for null.</summary>
    public static string File(string? path) => path is null ? "" : Path.GetFileName(path);

    /// <summary>A duration: 850 ms, 12.3 s, 01:02:03; empty for null.</summary>
    public static string Duration(TimeSpan? duration) => duration switch
    {
        null => "",
        { TotalSeconds: < 1 } short1 => string.Create(CultureInfo.CurrentCulture, $"{short1.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } medium => string.Create(CultureInfo.CurrentCulture, $"{medium.TotalSeconds:0.0} s"),
        TimeSpan other => other.ToString(other.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture),
    };
}
