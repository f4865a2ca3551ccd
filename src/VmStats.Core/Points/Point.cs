namespace VmStats.Points;

/// <summary>
/// The measurement, tag names and field names that many points share. Instances are created once and kept, since
/// writers attach their prepared forms (escaped keys, prepared statements) to them.
/// </summary>
internal sealed class PointShape
{
    /// <summary>Creates a shape.</summary>
    /// <param name="measurement">The measurement (table).</param>
    /// <param name="tags">Tag names, in their preferred order for writing.</param>
    /// <param name="fields">Field names.</param>
    public PointShape(string measurement, IReadOnlyList<string> tags, IReadOnlyList<string> fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(measurement);
        Measurement = measurement;
        Tags = tags;
        Fields = fields;
    }

    /// <summary>The measurement (table).</summary>
    public string Measurement { get; }

    /// <summary>Tag names.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>Field names.</summary>
    public IReadOnlyList<string> Fields { get; }
}

/// <summary>One point to be written. Absent fields and empty tags are left out; a point without any field is not written.</summary>
internal sealed class Point
{
    /// <summary>Creates a point; the arrays are kept, not copied.</summary>
    /// <param name="shape">Measurement and names.</param>
    /// <param name="time">UTC nanoseconds since 1970.</param>
    /// <param name="tags">A value per tag of the shape; null or empty is left out.</param>
    /// <param name="fields">A value per field of the shape.</param>
    /// <exception cref="ArgumentException">The arrays don't fit the shape.</exception>
    public Point(PointShape shape, long time, string?[] tags, FieldValue[] fields)
    {
        if (tags.Length != shape.Tags.Count || fields.Length != shape.Fields.Count)
        {
            throw new ArgumentException("The values don't fit the shape.", nameof(fields));
        }

        Shape = shape;
        Time = time;
        Tags = tags;
        Fields = fields;
    }

    /// <summary>Measurement and names.</summary>
    public PointShape Shape { get; }

    /// <summary>UTC nanoseconds since 1970.</summary>
    public long Time { get; }

    /// <summary>A value per tag of the shape.</summary>
    public IReadOnlyList<string?> Tags { get; }

    /// <summary>A value per field of the shape.</summary>
    public IReadOnlyList<FieldValue> Fields { get; }
}
