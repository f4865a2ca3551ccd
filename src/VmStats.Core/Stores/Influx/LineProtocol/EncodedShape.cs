using System.Text;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.LineProtocol;

/// <summary>The constant parts of a shape's lines, escaped and encoded in UTF-8.</summary>
internal sealed class EncodedShape
{
    public EncodedShape(PointShape shape, bool doublesBackslashes)
    {
        Measurement = Bytes(Escape(shape.Measurement, doublesBackslashes, escapesEquals: false));
        TagKeys = shape.Tags.Select(tag => Bytes("," + Escape(tag, doublesBackslashes, escapesEquals: true) + "=")).ToArray();
        FieldKeys = shape.Fields.Select(field => Bytes(Escape(field, doublesBackslashes, escapesEquals: true) + "=")).ToArray();
        FixedLength = Measurement.Length + TagKeys.Sum(key => key.Length) + FieldKeys.Sum(key => key.Length + 1);
    }

    public byte[] Measurement { get; }

    /// <summary>Each as <c>,key=</c>.</summary>
    public byte[][] TagKeys { get; }

    /// <summary>Each as <c>key=</c>.</summary>
    public byte[][] FieldKeys { get; }

    /// <summary>The maximum number of bytes of a line without its values and time.</summary>
    public int FixedLength { get; }

    private static string Escape(string name, bool doublesBackslashes, bool escapesEquals)
    {
        string text = TagSubstitutes.Encode(name);
        text = doublesBackslashes ? text.Replace("\\", "\\\\", StringComparison.Ordinal) : text;
        text = text.Replace(",", "\\,", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);
        return escapesEquals ? text.Replace("=", "\\=", StringComparison.Ordinal) : text;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
