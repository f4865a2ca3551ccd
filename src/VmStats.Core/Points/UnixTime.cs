using System.Globalization;

namespace VmStats.Points;

/// <summary>Converts between .NET times and UTC nanoseconds since 1970-01-01, as used by InfluxDB.</summary>
internal static class UnixTime
{
    /// <summary>Nanoseconds in a .NET tick.</summary>
    public const long NanosecondsPerTick = 100;

    /// <summary>Nanoseconds in a second.</summary>
    public const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Converts a time to UTC nanoseconds; exact, since a tick is 100 ns.</summary>
    /// <exception cref="OverflowException">The time is outside the years 1677 to 2262.</exception>
    public static long ToNanoseconds(DateTimeOffset time) =>
        checked((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * NanosecondsPerTick);

    /// <summary>Converts a duration to nanoseconds; exact.</summary>
    /// <exception cref="OverflowException">The duration is longer than 292 years.</exception>
    public static long ToNanoseconds(TimeSpan duration) => checked(duration.Ticks * NanosecondsPerTick);

    /// <summary>Converts UTC nanoseconds to a time, rounded down to 100 ns.</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.DivRem(nanoseconds, NanosecondsPerTick, out long rest) - (rest < 0 ? 1 : 0));

    /// <summary>Returns the start of the bucket that contains a time: the time, rounded down to a multiple of the width.</summary>
    /// <param name="nanoseconds">The time, UTC nanoseconds; it may be before 1970.</param>
    /// <param name="width">The width in nanoseconds, over 0.</param>
    public static long Floor(long nanoseconds, long width)
    {
        long rest = nanoseconds % width;
        return nanoseconds - (rest < 0 ? rest + width : rest);
    }

    /// <summary>Formats a time as ISO 8601 text in UTC with nine decimal places, such as <c>2026-01-01T00:00:00.000000001Z</c>.</summary>
    public static string ToText(long nanoseconds)
    {
        long fraction = ((nanoseconds % NanosecondsPerSecond) + NanosecondsPerSecond) % NanosecondsPerSecond;
        DateTimeOffset seconds = FromNanoseconds(nanoseconds - fraction);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:yyyy-MM-dd'T'HH:mm:ss}.{fraction:D9}Z");
    }
}
