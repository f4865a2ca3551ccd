using VmStats.Points;
using VmStats.Stores.Influx;

namespace VmStats.Stores.InfluxQL;

/// <summary>Reads the tags and fields of a measurement with InfluxQL.</summary>
internal sealed class InfluxQLSchema(InfluxQuery influx) : ISchemaReader
{
    /// <inheritdoc/>
    public bool IsSilent => true;

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken)
    {
        string name = InfluxQLRenderer.Quote(measurement);
        List<string> tags = [];
        Dictionary<string, FieldKind> fields = new(StringComparer.Ordinal);
        string query = $"SHOW TAG KEYS FROM {name}; SHOW FIELD KEYS FROM {name}";
        await foreach (StoreRow row in influx.QueryInfluxQLAsync(query, null, cancellationToken).ConfigureAwait(false))
        {
            if (row["tagKey"].AsString() is { } tag)
            {
                tags.Add(tag);
            }
            else if (row["fieldKey"].AsString() is { } field)
            {
                // Shards may disagree on the type; the server lists the type that its queries prefer first.
                fields.TryAdd(field, Kind(row["fieldType"].AsString()));
            }
        }

        return fields.Count == 0 ? null : new MeasurementSchema(measurement, tags, fields);
    }

    private static FieldKind Kind(string? type) => type switch
    {
        "integer" => FieldKind.Integer,
        "unsigned" => FieldKind.Unsigned,
        "float" => FieldKind.Float,
        "boolean" => FieldKind.Boolean,
        _ => FieldKind.String,
    };
}
