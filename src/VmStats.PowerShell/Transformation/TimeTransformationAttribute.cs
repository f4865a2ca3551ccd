using System.Globalization;
using System.Management.Automation;
using VmStats.Points;

namespace VmStats.PowerShell.Transformation;

/// <summary>
/// Allows a time parameter to be a DateTimeOffset, a DateTime, ISO 8601 text (local time if it has no zone, as elsewhere in
/// PowerShell), or a duration before now, such as <c>-Start 2h</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly DateTime s_first = new(1678, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime s_last = new(2262, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (input)
        {
            case DateTimeOffset time:
                return Clamp(time.UtcDateTime);
            case DateTime time:
                return Clamp(time.ToUniversalTime());
            case TimeSpan ago when ago.Duration() <= Duration.Maximum:
                return DateTimeOffset.UtcNow - ago;
        }

        string text = LanguagePrimitives.ConvertTo<string>(inputData) ?? "";
        if (Duration.TryParse(text, out TimeSpan duration))
        {
            return DateTimeOffset.UtcNow - duration;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset parsed)
            ? Clamp(parsed.UtcDateTime)
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a time. Write it as 2026-01-31T13:45:00Z, 2026-01-31 13:45 (local), or as a duration ago such as 2h.");
    }

    // Scripts use [datetime]::MinValue for "from the beginning", but nanosecond timestamps don't reach back that far.
    private static DateTimeOffset Clamp(DateTime utc) => utc < s_first ? s_first : utc > s_last ? s_last : utc;
}
