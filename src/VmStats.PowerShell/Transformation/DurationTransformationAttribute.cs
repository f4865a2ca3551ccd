using System.Globalization;
using System.Management.Automation;
using VmStats.Points;

namespace VmStats.PowerShell.Transformation;

/// <summary>Lets a TimeSpan parameter be written as 90s, 5m, 1h, 7d. A bare number is refused: of what unit?</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether zero is refused too; negative durations always are.</summary>
    public bool MustBePositive { get; set; } = true;

    /// <summary>The word that stands for null (<c>Auto</c>), where the parameter has one.</summary>
    public string? NullWord { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;

        // The engine reads a bare 7d as the decimal 7 but remembers how it was written.
        string text = LanguagePrimitives.ConvertTo<string>(inputData) ?? "";
        if (NullWord is not null && text.Equals(NullWord, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (input is TimeSpan duration ? duration > Duration.Longest : !Duration.TryParse(text, out duration))
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
