using VmStats.Data;

namespace VmStats.Telemetry;

/// <summary>Readings of stored values that telemetry needs.</summary>
internal static class FieldValueExtensions
{
    /// <summary>The value as text; null when absent or empty. A number that a writer stored in place of a text is spelt out.</summary>
    public static string? ToText(this FieldValue value) => value.ToString() is { Length: > 0 } text ? text : null;
}
