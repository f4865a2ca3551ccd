using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;

namespace VmStats.Stores;

/// <summary>Asks the server for the columns of measurements.</summary>
internal sealed class InfluxSchema(InfluxQuery influx)
{
    /// <summary>The columns, or null when there is no such measurement.</summary>
    public async ValueTask<MeasurementSchema?> AskAsync(string measurement, CancellationToken cancellationToken) =>
        await influx.GetApiAsync(cancellationToken).ConfigureAwait(false) == InfluxApi.V3
            ? await AskSqlAsync(measurement, cancellationToken).ConfigureAwait(false)
            : await AskInfluxQLAsync(measurement, cancellationToken).ConfigureAwait(false);

    private async ValueTask<MeasurementSchema?> AskSqlAsync(string measurement, CancellationToken cancellationToken)
    {
        const string Sql = "SELECT column_name, data_type FROM information_schema.columns"
            + " WHERE table_schema = 'iox' AND table_name = $table ORDER BY ordinal_position";
        Dictionary<string, FieldValue> parameters = new() { ["table"] = FieldValue.From(measurement) };
        List<string> tags = [];
        Dictionary<string, FieldKind> fields = new(StringComparer.Ordinal);
        await foreach (StoreRow row in influx.QuerySqlAsync(Sql, parameters, cancellationToken).ConfigureAwait(false))
        {
            Add(tags, fields, row["column_name"].AsString() ?? "", row["data_type"].AsString() ?? "");
        }

        return fields.Count == 0 && tags.Count == 0 ? null : new MeasurementSchema(measurement, tags, fields);
    }

    private static void Add(List<string> tags, Dictionary<string, FieldKind> fields, string column, string type)
    {
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

    private async ValueTask<MeasurementSchema?> AskInfluxQLAsync(string measurement, CancellationToken cancellationToken)
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
                // Shards may disagree; the server names the type that its queries prefer first.
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
