using System.Globalization;
using System.Management.Automation;
using VmStats.Data;

namespace VmStats.PowerShell.Transformation;

/// <summary>
/// Lets a time parameter be a DateTimeOffset, a DateTime, ISO 8601 text (without a zone: local time, as in the rest of
/// PowerShell), or a duration, which means so long ago: <c>-Start 2h</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (input)
        {
            case DateTimeOffset time:
                return time;
            case DateTime time:
                return new DateTimeOffset(time);
            case TimeSpan ago:
                return DateTimeOffset.UtcNow - ago;
        }

        string text = LanguagePrimitives.ConvertTo<string>(inputData) ?? "";
        if (Duration.TryParse(text, out TimeSpan duration))
        {
            return DateTimeOffset.UtcNow - duration;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset parsed)
            ? parsed
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' is not a time. Write it as 2026-01-31T13:45:00Z, 2026-01-31 13:45 (local), or as a duration ago such as 2h.");
    }
}
