using System.Buffers;
using System.Globalization;

namespace VmStats.Points;

/// <summary>Parses and formats durations as users type them: <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>, <c>2w</c>, <c>1h30m</c>, or <c>00:05:00</c>.</summary>
internal static class Duration
{
    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789.");

    // 31 years: no real duration is longer, and another writer's value must not overflow a TimeSpan.
    private const double SecondsLimit = 1e9;

    internal const string Examples = "Write it as 90s, 5m, 1h, 7d, 2w, 1h30m or 00:05:00; 36500d at most.";

    /// <summary>The maximum duration, a hundred years: a time so long ago is still valid in every store.</summary>
    internal static readonly TimeSpan Maximum = TimeSpan.FromDays(36_500);

    /// <summary>Parses a duration; false if the text isn't a duration, or is longer than a hundred years.</summary>
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
            return TimeSpan.TryParse(rest, CultureInfo.InvariantCulture, out duration) && duration <= Maximum;
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

        if (seconds > Maximum.TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>Converts seconds, as in columns such as <c>duration_sec</c>, to a duration; null if they are null, negative, not finite or over 31 years.</summary>
    /// <remarks>
    /// Rounded to the nearest tick, while <see cref="TimeSpan.FromSeconds(double)"/> truncates, so that a duration written as
    /// <see cref="TimeSpan.TotalSeconds"/> is unchanged when it is read back.
    /// </remarks>
    internal static TimeSpan? OfSeconds(double? seconds) =>
        seconds is >= 0 and < SecondsLimit ? new TimeSpan((long)Math.Round(seconds.Value * TimeSpan.TicksPerSecond)) : null;

    /// <summary>Formats a duration so that <see cref="TryParse"/> can parse it, in the largest unit that divides it exactly.</summary>
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
