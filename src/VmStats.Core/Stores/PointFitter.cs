using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// Converts the fields of points to the types of their table's columns, because the original system's writers use integers and
/// floats inconsistently. A value that can't be converted without loss is left unchanged; the server accepts or rejects it.
/// </summary>
internal sealed class PointFitter(IReadOnlyDictionary<string, MeasurementSchema> schemas)
{
    private readonly Dictionary<PointShape, (FieldKind[] Kinds, bool[] NewTags)> _kinds = [];
    private readonly HashSet<string> _grown = new(StringComparer.Ordinal);
    private Dictionary<Point, Point>? _changed;

    /// <summary>Existing measurements to which these points add a column.</summary>
    public IReadOnlyCollection<string> MeasurementsWithNewColumns => _grown;

    /// <summary>Returns the points to be written.</summary>
    public IReadOnlyList<Point> Fit(IReadOnlyList<Point> points)
    {
        Point[]? fitted = null;
        for (int i = 0; i < points.Count; i++)
        {
            Point point = Fit(points[i]);
            if (!ReferenceEquals(point, points[i]))
            {
                fitted ??= [.. points];
                fitted[i] = point;
                (_changed ??= new(ReferenceEqualityComparer.Instance)).TryAdd(point, points[i]);
            }
        }

        return fitted ?? points;
    }

    /// <summary>The caller's points by the points that replace them; null if none was replaced.</summary>
    public IReadOnlyDictionary<Point, Point>? Originals => _changed;

    private Point Fit(Point point)
    {
        (FieldKind[] kinds, bool[] newTags) = KindsOf(point.Shape);
        bool grows = false;
        for (int i = 0; i < newTags.Length; i++)
        {
            grows |= newTags[i] && !string.IsNullOrEmpty(point.Tags[i]);
        }

        FieldValue[]? fields = null;
        for (int i = 0; i < kinds.Length; i++)
        {
            FieldValue value = point.Fields[i];
            if (value.IsNull || value.Kind == kinds[i])
            {
                continue;
            }

            if (kinds[i] == FieldKind.Null)
            {
                grows = true;
                continue;
            }

            FieldValue fitted = FieldConverter.Exact(value, kinds[i]);
            if (!fitted.IsNull)
            {
                fields ??= [.. point.Fields];
                fields[i] = fitted;
            }
        }

        if (grows && schemas.ContainsKey(point.Shape.Measurement))
        {
            _grown.Add(point.Shape.Measurement);
        }

        return fields is null ? point : new Point(point.Shape, point.Time, [.. point.Tags], fields);
    }

    // A field that the table doesn't have yet has no type (Null). A column of the shape that no point has a value for isn't added to the table.
    private (FieldKind[] Kinds, bool[] NewTags) KindsOf(PointShape shape)
    {
        if (!_kinds.TryGetValue(shape, out (FieldKind[] Kinds, bool[] NewTags) known))
        {
            MeasurementSchema? schema = schemas.GetValueOrDefault(shape.Measurement);
            known = (
                [.. shape.Fields.Select(field => schema?.Fields.GetValueOrDefault(field) ?? FieldKind.Null)],
                [.. shape.Tags.Select(tag => schema?.Tags.Contains(tag) != true)]);
            _kinds.Add(shape, known);
        }

        return known;
    }
}
