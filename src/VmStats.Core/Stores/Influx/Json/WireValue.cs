using System.Buffers.Text;
using System.Text.Json;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.Json;

/// <summary>Reads single JSON values. Recurring strings (such as tags) are created once and cached for the response.</summary>
internal sealed class WireValue
{
    private const int MaximumCachedLength = 128;
    private readonly StringCache _kept = new();

    /// <summary>Reads the current value; nested values are returned as their JSON text.</summary>
    /// <param name="reader">Positioned on the value; afterwards on its last token.</param>
    /// <param name="kind">The type of the column; Null if it is to be inferred from the text.</param>
    /// <param name="isTag">True for a tag, in which unsupported characters may have been substituted for line protocol.</param>
    public FieldValue Read(ref Utf8JsonReader reader, FieldKind kind = FieldKind.Null, bool isTag = false) => reader.TokenType switch
    {
        JsonTokenType.Number => Number(reader.ValueSpan, kind),
        JsonTokenType.String => FieldValue.From(Text(ref reader, isTag)),
        JsonTokenType.True => FieldValue.From(true),
        JsonTokenType.False => FieldValue.From(false),
        JsonTokenType.StartObject or JsonTokenType.StartArray => FieldValue.From(Nested(ref reader)),
        _ => FieldValue.Null,
    };

    /// <summary>
    /// Parses a number: it is a float if it has a decimal point or an exponent, or if the column is known to contain floats
    /// (InfluxDB 1.x writes floats without a point too), otherwise an integer.
    /// </summary>
    public static FieldValue Number(ReadOnlySpan<byte> text, FieldKind kind)
    {
        if (kind != FieldKind.Float)
        {
            // With a decimal point or an exponent, the integer parser stops before the end of the text.
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

    /// <summary>Reads the current string; equal strings share one instance.</summary>
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
