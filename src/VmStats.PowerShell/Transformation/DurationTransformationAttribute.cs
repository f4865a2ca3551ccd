using System.Globalization;
using System.Management.Automation;
using VmStats.Points;

namespace VmStats.PowerShell.Transformation;

/// <summary>Allows a TimeSpan parameter to be written as 90s, 5m, 1h or 7d. A number without a unit is rejected.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether zero is refused too; negative durations always are.</summary>
    public bool MustBePositive { get; set; } = true;

    /// <summary>A word that is converted to null, such as <c>Auto</c>; null if the parameter has none.</summary>
    public string? NullWord { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;

        // PowerShell parses an unquoted 7d as the decimal 7, but keeps the original text.
        string text = LanguagePrimitives.ConvertTo<string>(inputData) ?? "";
        if (NullWord is not null && text.Equals(NullWord, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (input is TimeSpan duration ? duration > Duration.Maximum : !Duration.TryParse(text, out duration))
        {
            throw new ArgumentTransformationMetadataException(
                string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a duration. {Duration.Examples}"));
        }

        if (duration < TimeSpan.Zero || (MustBePositive && duration == TimeSpan.Zero))
        {
            throw new ArgumentTransformationMetadataException($"The duration '{text}' must be longer than zero.");
        }

        return duration;
    }
}
