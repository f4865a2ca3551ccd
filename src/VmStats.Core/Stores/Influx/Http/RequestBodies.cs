using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using VmStats.Configuration;
using VmStats.Points;

namespace VmStats.Stores.Influx.Http;

/// <summary>Creates the bodies of query requests.</summary>
internal static class RequestBodies
{
    /// <summary>Creates the JSON body of /api/v3/query_sql and /api/v3/query_influxql.</summary>
    public static ByteArrayContent QueryJson(string database, string query, IReadOnlyDictionary<string, FieldValue> parameters)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("db", database);
            writer.WriteString("q", query);
            writer.WriteString("format", "jsonl");
            if (parameters.Count > 0)
            {
                writer.WritePropertyName("params");
                WriteParameters(writer, parameters);
            }

            writer.WriteEndObject();
        }

        ByteArrayContent content = new(buffer.WrittenSpan.ToArray());
        content.Headers.ContentType = new("application/json");
        return content;
    }

    /// <summary>Creates the form body of /query.</summary>
    public static FormUrlEncodedContent QueryForm(DatabaseName database, string query, IReadOnlyDictionary<string, FieldValue> parameters)
    {
        List<KeyValuePair<string, string>> form =
        [
            new("db", database.Database), new("q", query), new("epoch", "ns"), new("chunked", "true"),
        ];
        if (database.Policy is { } policy)
        {
            form.Add(new("rp", policy));
        }

        if (parameters.Count > 0)
        {
            ArrayBufferWriter<byte> buffer = new();
            using (Utf8JsonWriter writer = new(buffer))
            {
                WriteParameters(writer, parameters);
            }

            form.Add(new("params", Encoding.UTF8.GetString(buffer.WrittenSpan)));
        }

        return new FormUrlEncodedContent(form);
    }

    private static void WriteParameters(Utf8JsonWriter writer, IReadOnlyDictionary<string, FieldValue> parameters)
    {
        writer.WriteStartObject();
        foreach ((string name, FieldValue value) in parameters)
        {
            writer.WritePropertyName(name);
            switch (value.ToObject())
            {
                case long integer:
                    writer.WriteNumberValue(integer);
                    break;
                case ulong unsigned:
                    writer.WriteNumberValue(unsigned);
                    break;
                case double number:
                    writer.WriteRawValue(FloatText(number));
                    break;
                case bool boolean:
                    writer.WriteBooleanValue(boolean);
                    break;
                case string text:
                    writer.WriteStringValue(text);
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
        }

        writer.WriteEndObject();
    }

    // Without a decimal point the server would treat it as an integer.
    private static string FloatText(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text;
    }
}
