using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx.Json;

/// <summary>Reads InfluxDB 3's jsonl format: one JSON object per line, each line terminated by a line feed.</summary>
internal sealed class JsonLinesReader(ResponseBody body, RowBuilder builder, InfluxFailures failures) : IRowReader
{
    private const int TimeLength = 4;
    private readonly WireValue _values = new();

    /// <inheritdoc/>
    /// <remarks>A line without its line feed means that the response was cut off.</remarks>
    public async ValueTask<bool> ReadAsync()
    {
        if (await body.ReadAsync().ConfigureAwait(false))
        {
            return true;
        }

        return body.Span.Length == 0 ? false : throw Broken(body.Span);
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out StoreRow? row)
    {
        row = null;
        while (row is null && body.Span.IndexOf((byte)'\n') is >= 0 and int end)
        {
            if (end > 0)
            {
                row = ReadRow(body.Span[..end]);
            }

            body.Consume(end + 1);
        }

        return row is not null;
    }

    private StoreRow ReadRow(ReadOnlySpan<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw failures.NotUnderstood($"a line that is not a row: {Excerpt(line)}");
            }

            builder.BeginRow();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadProperty(ref reader);
            }

            return builder.EndRow();
        }
        catch (JsonException e)
        {
            throw failures.NotUnderstood($"a line that is not JSON: {Excerpt(line)}", e);
        }
    }

    private void ReadProperty(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length == TimeLength && reader.ValueTextEquals("time"u8))
        {
            reader.Read();
            if (!builder.HasPlainTime && builder.Time is null && reader.TokenType == JsonTokenType.String && WireTime.TryParse(reader.ValueSpan, out long time))
            {
                builder.Time = time;
                return;
            }

            Store(ref reader, builder.Place("time"u8));
            return;
        }

        int place = reader.ValueIsEscaped ? builder.Place(Encoding.UTF8.GetBytes(reader.GetString()!)) : builder.Place(reader.ValueSpan);
        reader.Read();
        Store(ref reader, place);
    }

    private void Store(ref Utf8JsonReader reader, int place)
    {
        if (place < 0)
        {
            reader.Skip();
            return;
        }

        builder.Set(place, _values.Read(ref reader, isTag: builder.IsTag(place)));
    }

    private InfluxException Broken(ReadOnlySpan<byte> rest) => rest[0] == '{'
        ? failures.CutOff("its last row is incomplete")
        : failures.NotUnderstood(Excerpt(rest));

    private static string Excerpt(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 80)]);
}
