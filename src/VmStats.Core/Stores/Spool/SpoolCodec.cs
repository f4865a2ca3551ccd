using System.Text;
using VmStats.Points;

namespace VmStats.Stores.Spool;

/// <summary>Encodes a batch of points as bytes and decodes it. Names are written once per shape; values keep their exact types.</summary>
internal static class SpoolCodec
{
    /// <summary>Encodes a batch.</summary>
    public static byte[] Encode(IReadOnlyList<Point> points)
    {
        using MemoryStream stream = new(points.Count * 128);
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        PointShape[] shapes = points.Select(point => point.Shape).Distinct().ToArray();
        writer.Write7BitEncodedInt(shapes.Length);
        foreach (PointShape shape in shapes)
        {
            writer.Write(shape.Measurement);
            WriteNames(writer, shape.Tags);
            WriteNames(writer, shape.Fields);
        }

        writer.Write7BitEncodedInt(points.Count);
        foreach (Point point in points)
        {
            writer.Write7BitEncodedInt(Array.IndexOf(shapes, point.Shape));
            writer.Write(point.Time);
            foreach (string? tag in point.Tags)
            {
                writer.Write(tag ?? "");
            }

            foreach (FieldValue field in point.Fields)
            {
                WriteValue(writer, field);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Decodes a batch.</summary>
    /// <exception cref="InvalidDataException">The bytes aren't an encoded batch.</exception>
    public static IReadOnlyList<Point> Decode(byte[] bytes)
    {
        using BinaryReader reader = new(new MemoryStream(bytes, writable: false), Encoding.UTF8);
        try
        {
            PointShape[] shapes = new PointShape[reader.Read7BitEncodedInt()];
            for (int i = 0; i < shapes.Length; i++)
            {
                shapes[i] = new PointShape(reader.ReadString(), ReadNames(reader), ReadNames(reader));
            }

            Point[] points = new Point[reader.Read7BitEncodedInt()];
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = ReadPoint(reader, shapes);
            }

            return points;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException("A spool record is not a batch of points.", e);
        }
    }

    private static Point ReadPoint(BinaryReader reader, PointShape[] shapes)
    {
        PointShape shape = shapes[reader.Read7BitEncodedInt()];
        long time = reader.ReadInt64();
        string?[] tags = new string?[shape.Tags.Count];
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = reader.ReadString() is { Length: > 0 } tag ? tag : null;
        }

        FieldValue[] fields = new FieldValue[shape.Fields.Count];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = ReadValue(reader);
        }

        return new Point(shape, time, tags, fields);
    }

    private static void WriteNames(BinaryWriter writer, IReadOnlyList<string> names)
    {
        writer.Write7BitEncodedInt(names.Count);
        foreach (string name in names)
        {
            writer.Write(name);
        }
    }

    private static string[] ReadNames(BinaryReader reader)
    {
        string[] names = new string[reader.Read7BitEncodedInt()];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = reader.ReadString();
        }

        return names;
    }

    private static void WriteValue(BinaryWriter writer, FieldValue value)
    {
        writer.Write((byte)value.Kind);
        switch (value.ToObject())
        {
            case long number: writer.Write7BitEncodedInt64(number); break;
            case ulong number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            case bool truth: writer.Write(truth); break;
            case string text: writer.Write(text); break;
        }
    }

    private static FieldValue ReadValue(BinaryReader reader) => (FieldKind)reader.ReadByte() switch
    {
        FieldKind.Null => FieldValue.Null,
        FieldKind.Integer => FieldValue.From(reader.Read7BitEncodedInt64()),
        FieldKind.Unsigned => FieldValue.From(reader.ReadUInt64()),
        FieldKind.Float => FieldValue.From(reader.ReadDouble()),
        FieldKind.Boolean => FieldValue.From(reader.ReadBoolean()),
        FieldKind.String => FieldValue.From(reader.ReadString()),
        FieldKind kind => throw new FormatException($"There is no kind {(byte)kind} of value."),
    };
}
