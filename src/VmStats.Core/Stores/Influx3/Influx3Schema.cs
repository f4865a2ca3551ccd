using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Json;

namespace VmStats.Stores.Influx3;

/// <summary>Reads the columns of a table from InfluxDB 3.</summary>
internal sealed class Influx3Schema(InfluxQuery influx) : ISchemaReader
{
    private const string Sql = "SELECT column_name, data_type FROM information_schema.columns"
        + " WHERE table_schema = 'iox' AND table_name = $table ORDER BY ordinal_position";

    private static readonly RowLayout s_layout = new(["column_name", "data_type"]);

    /// <inheritdoc/>
    public bool IsSilent => false;

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken)
    {
        Dictionary<string, FieldValue> parameters = new() { ["table"] = FieldValue.From(measurement) };
        List<string> tags = [];
        Dictionary<string, FieldKind> fields = new(StringComparer.Ordinal);
        await foreach (StoreRow row in influx.QuerySqlAsync(Sql, parameters, new RowBuilder(s_layout, tags: 0), cancellationToken).ConfigureAwait(false))
        {
            string column = row[0].AsString() ?? "", type = row[1].AsString() ?? "";
            if (type.StartsWith("Dictionary", StringComparison.Ordinal))
            {
                tags.Add(column);
            }
            else if (!type.StartsWith("Timestamp", StringComparison.Ordinal))
            {
                fields[column] = type switch
                {
                    "Int64" => FieldKind.Integer,
                    "UInt64" => FieldKind.Unsigned,
                    "Float64" => FieldKind.Float,
                    "Boolean" => FieldKind.Boolean,
                    _ => FieldKind.String,
                };
            }
        }

        return fields.Count == 0 && tags.Count == 0 ? null : new MeasurementSchema(measurement, tags, fields);
    }
}
