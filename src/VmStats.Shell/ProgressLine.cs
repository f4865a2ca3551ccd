using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace VmStats.Shell;

/// <summary>One line on standard error that shows the newest progress; nothing at all when that is no terminal.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly bool _enabled = !Console.IsErrorRedirected && !Console.IsOutputRedirected;
    private long _drawnAt;
    private int _shown;

    public void Show(ProgressRecord record)
    {
        if (!_enabled)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
        }
        else if (_shown == 0 || Stopwatch.GetElapsedTime(_drawnAt) >= s_interval)
        {
            Draw(Text(record));
        }
    }

    public void Clear()
    {
        if (_shown > 0)
        {
            Console.Error.Write($"\r{new string(' ', _shown)}\r");
            _shown = 0;
        }
    }

    private static string Text(ProgressRecord record)
    {
        string percent = record.PercentComplete >= 0
            ? string.Create(CultureInfo.InvariantCulture, $" {record.PercentComplete,3} %")
            : "";
        string left = record.SecondsRemaining > 0
            ? $", {TimeSpan.FromSeconds(record.SecondsRemaining).ToString("c", CultureInfo.InvariantCulture)} left"
            : "";
        return $"{record.Activity}{percent}: {record.StatusDescription}{left}";
    }

    private void Draw(string text)
    {
        int width = Math.Max(20, Console.WindowWidth - 1);
        string line = text.Length > width ? text[..width] : text;
        Console.Error.Write($"\r{line.PadRight(_shown)}");
        _shown = line.Length;
        _drawnAt = Stopwatch.GetTimestamp();
    }
}
