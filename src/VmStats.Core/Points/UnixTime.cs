using System.Globalization;

namespace VmStats.Points;

/// <summary>Conversions between .NET times and the wire's UTC nanoseconds since 1970-01-01.</summary>
internal static class UnixTime
{
    /// <summary>Nanoseconds in a .NET tick.</summary>
    public const long NanosecondsPerTick = 100;

    /// <summary>Nanoseconds in a second.</summary>
    public const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>UTC nanoseconds of a time; exact, since a tick is 100 ns.</summary>
    /// <exception cref="OverflowException">The time lies outside the years 1677 to 2262.</exception>
    public static long ToNanoseconds(DateTimeOffset time) =>
        checked((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * NanosecondsPerTick);

    /// <summary>Nanoseconds of a duration; exact.</summary>
    /// <exception cref="OverflowException">The duration is longer than 292 years.</exception>
    public static long ToNanoseconds(TimeSpan duration) => checked(duration.Ticks * NanosecondsPerTick);

    /// <summary>The UTC time of a count of nanoseconds, rounded down to 100 ns.</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.DivRem(nanoseconds, NanosecondsPerTick, out long rest) - (rest < 0 ? 1 : 0));

    /// <summary>The start of the bucket that a time lies in: the greatest multiple of a width that is not above it.</summary>
    /// <param name="nanoseconds">The time, UTC nanoseconds; it may lie before 1970.</param>
    /// <param name="width">The width in nanoseconds, over 0.</param>
    public static long Floor(long nanoseconds, long width)
    {
        long rest = nanoseconds % width;
        return nanoseconds - (rest < 0 ? rest + width : rest);
    }

    /// <summary>ISO 8601 text in UTC with nine digits of fraction, such as <c>2026-01-01T00:00:00.000000001Z</c>.</summary>
    public static string ToText(long nanoseconds)
    {
        long fraction = ((nanoseconds % NanosecondsPerSecond) + NanosecondsPerSecond) % NanosecondsPerSecond;
        DateTimeOffset seconds = FromNanoseconds(nanoseconds - fraction);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:yyyy-MM-dd'T'HH:mm:ss}.{fraction:D9}Z");
    }
}
