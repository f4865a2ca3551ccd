using System.Buffers.Text;
using System.Text.Json;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.Json;

/// <summary>Reads single JSON values. Texts that come again (tags) are made once and kept for the stream.</summary>
internal sealed class WireValue
{
    private const int MaximumCachedLength = 128;
    private readonly StringCache _kept = new();

    /// <summary>The value under the reader; nested values are given as their JSON text.</summary>
    /// <param name="reader">Stands on the value; afterwards on its last token.</param>
    /// <param name="kind">What the column is known to be; Null where the text determines it.</param>
    /// <param name="isTag">The column is a tag, whose text may have been changed for the wire.</param>
    public FieldValue Read(ref Utf8JsonReader reader, FieldKind kind = FieldKind.Null, bool isTag = false) => reader.TokenType switch
    {
        JsonTokenType.Number => Number(reader.ValueSpan, kind),
        JsonTokenType.String => FieldValue.From(Text(ref reader, isTag)),
        JsonTokenType.True => FieldValue.From(true),
        JsonTokenType.False => FieldValue.From(false),
        JsonTokenType.StartObject or JsonTokenType.StartArray => FieldValue.From(Nested(ref reader)),
        _ => FieldValue.Null,
    };

    /// <summary>A number: with a point or an exponent it is a float, else an integer; a column known as float has floats without a point too (InfluxDB 1.x).</summary>
    public static FieldValue Number(ReadOnlySpan<byte> text, FieldKind kind)
    {
        if (kind != FieldKind.Float)
        {
            // A point or an exponent ends the digits before the text ends.
            if (kind != FieldKind.Unsigned && Utf8Parser.TryParse(text, out long integer, out int consumed) && consumed == text.Length)
            {
                return FieldValue.From(integer);
            }

            if (Utf8Parser.TryParse(text, out ulong unsigned, out consumed) && consumed == text.Length)
            {
                return FieldValue.From(unsigned);
            }
        }

        FieldValue number = Utf8Parser.TryParse(text, out double parsed, out _) ? FieldValue.From(parsed) : FieldValue.Null;
        return FieldConverter.Exact(number, kind) is { IsNull: false } same ? same : number;
    }

    /// <summary>The text under the reader, shared with equal ones before it.</summary>
    public string Text(ref Utf8JsonReader reader, bool isTag = false)
    {
        if (reader.ValueIsEscaped || reader.HasValueSequence || reader.ValueSpan.Length > MaximumCachedLength)
        {
            return isTag ? TagSubstitutes.Decode(reader.GetString()!) : reader.GetString()!;
        }

        return _kept.Get(reader.ValueSpan, isTag);
    }

    private static string Nested(ref Utf8JsonReader reader)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetRawText();
    }
}
