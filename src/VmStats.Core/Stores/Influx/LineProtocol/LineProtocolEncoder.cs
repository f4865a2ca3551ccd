using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.LineProtocol;

/// <summary>
/// Encodes points as line protocol into a pooled buffer. Absent fields and empty tags are left out; a point without any field
/// produces no line. InfluxDB 3 reads a doubled backslash in names and tags as one, InfluxDB 1.x and 2.x as two.
/// </summary>
internal sealed class LineProtocolEncoder : IDisposable
{
    private const int MaximumNumberLength = 32;
    private static readonly SearchValues<char> s_specialInTags = SearchValues.Create(",= \\");
    private static readonly SearchValues<char> s_specialInTexts = SearchValues.Create("\"\\");
    private static readonly ConditionalWeakTable<PointShape, EncodedShape> s_single = new();
    private static readonly ConditionalWeakTable<PointShape, EncodedShape> s_doubled = new();

    private readonly bool _doublesBackslashes;
    private readonly bool _hasUnsigned;
    private PointShape? _lastShape;
    private EncodedShape? _encoded;
    private byte[] _buffer;
    private int _length;

    /// <summary>Creates an encoder.</summary>
    /// <param name="forInfluxDB3">True for the dialect of InfluxDB 3: doubled backslashes, and the suffix <c>u</c> for unsigned integers.</param>
    /// <param name="capacity">The initial capacity in bytes.</param>
    public LineProtocolEncoder(bool forInfluxDB3, int capacity = 64 * 1024)
    {
        _doublesBackslashes = forInfluxDB3;
        _hasUnsigned = forInfluxDB3;
        _buffer = ArrayPool<byte>.Shared.Rent(capacity);
    }

    /// <summary>The lines written so far, each terminated by a line feed.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>The number of bytes written so far.</summary>
    public int Length => _length;

    /// <summary>Discards everything after the given length.</summary>
    public void Truncate(int length) => _length = length;

    /// <summary>Appends a point's line; returns false if the point has no field and therefore no line.</summary>
    public bool Write(Point point)
    {
        EncodedShape shape = ShapeOf(point.Shape);
        int begin = _length;
        Ensure(shape.FixedLength + (MaximumNumberLength * (shape.FieldKeys.Length + 1)));
        Append(shape.Measurement);
        WriteTags(shape, point.Tags);
        _buffer[_length++] = (byte)' ';
        if (!WriteFields(shape, point.Fields))
        {
            _length = begin;
            return false;
        }

        Ensure(MaximumNumberLength);
        _buffer[_length++] = (byte)' ';
        Utf8Formatter.TryFormat(point.Time, _buffer.AsSpan(_length), out int written);
        _length += written;
        _buffer[_length++] = (byte)'\n';
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private EncodedShape ShapeOf(PointShape shape)
    {
        if (ReferenceEquals(shape, _lastShape))
        {
            return _encoded!;
        }

        _lastShape = shape;
        _encoded = _doublesBackslashes
            ? s_doubled.GetValue(shape, static key => new EncodedShape(key, doublesBackslashes: true))
            : s_single.GetValue(shape, static key => new EncodedShape(key, doublesBackslashes: false));
        return _encoded;
    }

    private void WriteTags(EncodedShape shape, IReadOnlyList<string?> values)
    {
        for (int i = 0; i < shape.TagKeys.Length; i++)
        {
            string? value = values[i];
            if (string.IsNullOrEmpty(value))
            {
                continue;
            }

            Append(shape.TagKeys[i]);
            WriteEscaped(TagSubstitutes.Encode(value), s_specialInTags, _doublesBackslashes);
        }
    }

    private bool WriteFields(EncodedShape shape, IReadOnlyList<FieldValue> values)
    {
        bool any = false;
        for (int i = 0; i < shape.FieldKeys.Length; i++)
        {
            FieldValue value = values[i];
            FieldKind kind = value.Kind;
            if (kind == FieldKind.Null)
            {
                continue;
            }

            if (any)
            {
                _buffer[_length++] = (byte)',';
            }

            Append(shape.FieldKeys[i]);
            WriteValue(value, kind, shape);
            any = true;
        }

        return any;
    }

    private void WriteValue(FieldValue value, FieldKind kind, EncodedShape shape)
    {
        int written;
        switch (kind)
        {
            case FieldKind.Integer:
                Utf8Formatter.TryFormat(value.AsInt64()!.Value, _buffer.AsSpan(_length), out written);
                _length += written;
                _buffer[_length++] = (byte)'i';
                break;
            case FieldKind.Unsigned:
                Utf8Formatter.TryFormat((ulong)value.ToObject()!, _buffer.AsSpan(_length), out written);
                _length += written;
                _buffer[_length++] = _hasUnsigned ? (byte)'u' : (byte)'i';
                break;
            case FieldKind.Float:
                Utf8Formatter.TryFormat(value.AsDouble()!.Value, _buffer.AsSpan(_length), out written);
                _length += written;
                break;
            case FieldKind.Boolean:
                _buffer[_length++] = value.AsBoolean() == true ? (byte)'t' : (byte)'f';
                break;
            default:
                _buffer[_length++] = (byte)'"';
                WriteEscaped(value.AsString()!, s_specialInTexts, escapesBackslash: true);
                // The string may have used up the space reserved for the line: reserve enough for the rest of it again.
                Ensure(shape.FixedLength + (MaximumNumberLength * (shape.FieldKeys.Length + 1)));
                _buffer[_length++] = (byte)'"';
                break;
        }
    }

    private void WriteEscaped(string text, SearchValues<char> special, bool escapesBackslash)
    {
        ReadOnlySpan<char> rest = text;
        Ensure((rest.Length * 4) + MaximumNumberLength + (_encoded!.FixedLength + (MaximumNumberLength * (_encoded.FieldKeys.Length + 1))));
        int at;
        while ((at = rest.IndexOfAny(special)) >= 0)
        {
            AppendText(rest[..at]);
            if (rest[at] != '\\' || escapesBackslash)
            {
                _buffer[_length++] = (byte)'\\';
            }

            _buffer[_length++] = (byte)rest[at];
            rest = rest[(at + 1)..];
        }

        AppendText(rest);
    }

    private void AppendText(ReadOnlySpan<char> text) => _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));

    private void Append(byte[] bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Ensure(int more)
    {
        if (_buffer.Length - _length >= more)
        {
            return;
        }

        byte[] bigger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_buffer.Length * 2), checked(_length + more)));
        _buffer.AsSpan(0, _length).CopyTo(bigger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = bigger;
    }
}
