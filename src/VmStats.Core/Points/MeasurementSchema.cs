namespace VmStats.Points;

/// <summary>The columns of a measurement.</summary>
/// <param name="Measurement">Its name.</param>
/// <param name="Tags">Tag names, as the store spells them.</param>
/// <param name="Fields">Field names with their types. If a field has several types (in shards of InfluxDB 1.x), the first that the server returns.</param>
internal sealed record MeasurementSchema(
    string Measurement,
    IReadOnlyList<string> Tags,
    IReadOnlyDictionary<string, FieldKind> Fields)
{
    /// <summary>True when the other has the same tags and fields, of the same types.</summary>
    internal bool HasSameColumns(MeasurementSchema other) =>
        Tags.SequenceEqual(other.Tags, StringComparer.Ordinal)
        && Fields.Count == other.Fields.Count
        && Fields.All(field => other.Fields.TryGetValue(field.Key, out FieldKind kind) && kind == field.Value);
}
