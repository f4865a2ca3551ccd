using System.Buffers;
using System.Globalization;

namespace VmStats.Points;

/// <summary>Durations as people type them: <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>, <c>2w</c>, <c>1h30m</c>, or <c>00:05:00</c>.</summary>
internal static class Duration
{
    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789.");

    // 31 years: what is longer is no duration of anything here, and no TimeSpan may overflow over a foreign writer's row.
    private const double SecondsLimit = 1e9;

    internal const string Examples = "Write it as 90s, 5m, 1h, 7d, 2w, 1h30m or 00:05:00; 36500d at most.";

    /// <summary>A hundred years: so long ago is still a time that every store knows.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Reads a duration; false where the text isn't one, or is one of over a hundred years.</summary>
    internal static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Contains(':'))
        {
            return TimeSpan.TryParse(rest, CultureInfo.InvariantCulture, out duration) && duration <= Longest;
        }

        double seconds = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(s_number);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            int unit = rest[digits..].IndexOfAny(s_number);
            unit = unit < 0 ? rest.Length - digits : unit;
            if (SecondsIn(rest.Slice(digits, unit)) is not double factor)
            {
                return false;
            }

            seconds += number * factor;
            rest = rest[(digits + unit)..];
        }

        if (seconds > Longest.TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>The duration of a count of seconds, as columns such as <c>duration_sec</c> have it; null when it is null, negative, not finite or over 31 years.</summary>
    /// <remarks>
    /// Rounded to the nearest tick, where <see cref="TimeSpan.FromSeconds(double)"/> cuts: so a duration is the same after it
    /// was written as <see cref="TimeSpan.TotalSeconds"/> and read.
    /// </remarks>
    internal static TimeSpan? OfSeconds(double? seconds) =>
        seconds is >= 0 and < SecondsLimit ? new TimeSpan((long)Math.Round(seconds.Value * TimeSpan.TicksPerSecond)) : null;

    /// <summary>A duration as <see cref="TryParse"/> reads it, in the largest unit that leaves nothing over.</summary>
    internal static string Format(TimeSpan duration)
    {
        (long ticks, string unit) = duration.Ticks switch
        {
            long t when t % TimeSpan.TicksPerDay == 0 => (TimeSpan.TicksPerDay, "d"),
            long t when t % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, "h"),
            long t when t % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, "m"),
            long t when t % TimeSpan.TicksPerSecond == 0 => (TimeSpan.TicksPerSecond, "s"),
            _ => (0L, ""),
        };
        return ticks == 0
            ? duration.ToString("c", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{unit}");
    }

    private static double? SecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => 0.001,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => null,
    };
}
