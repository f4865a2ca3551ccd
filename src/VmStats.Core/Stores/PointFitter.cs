using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores;

/// <summary>
/// Brings the fields of points into the types that the tables have: the original's writers disagree on integers and
/// floats. A value that doesn't go into the type without loss stays, for the server to judge.
/// </summary>
internal sealed class PointFitter(IReadOnlyDictionary<string, MeasurementSchema> schemas)
{
    private readonly Dictionary<PointShape, FieldKind[]> _kinds = [];
    private readonly HashSet<string> _grown = new(StringComparer.Ordinal);
    private Dictionary<Point, Point>? _changed;

    /// <summary>Measurements that get a column, or come into being, by these points.</summary>
    public IReadOnlyCollection<string> MeasurementsWithNewColumns => _grown;

    /// <summary>The points to be written.</summary>
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

    /// <summary>Rejections of the points that the caller gave, not of those made of them.</summary>
    public IReadOnlyList<RejectedPoint> Originals(IReadOnlyList<RejectedPoint> rejected) => _changed is null
        ? rejected
        : rejected.Select(r => _changed.TryGetValue(r.Point, out Point? original) ? r with { Point = original } : r).ToList();

    private Point Fit(Point point)
    {
        FieldKind[] kinds = KindsOf(point.Shape);
        FieldValue[]? fields = null;
        for (int i = 0; i < kinds.Length; i++)
        {
            FieldValue value = point.Fields[i];
            if (kinds[i] == FieldKind.Null || value.IsNull || value.Kind == kinds[i])
            {
                continue;
            }

            FieldValue fitted = FieldFit.Fit(value, kinds[i]);
            if (!fitted.IsNull)
            {
                fields ??= [.. point.Fields];
                fields[i] = fitted;
            }
        }

        return fields is null ? point : new Point(point.Shape, point.Time, [.. point.Tags], fields);
    }

    // A field that the table lacks has no type yet (Null).
    private FieldKind[] KindsOf(PointShape shape)
    {
        if (_kinds.TryGetValue(shape, out FieldKind[]? kinds))
        {
            return kinds;
        }

        MeasurementSchema? schema = schemas.GetValueOrDefault(shape.Measurement);
        kinds = shape.Fields.Select(field => schema?.Fields.GetValueOrDefault(field) ?? FieldKind.Null).ToArray();
        if (schema is null || kinds.Contains(FieldKind.Null) || shape.Tags.Except(schema.Tags).Any())
        {
            _grown.Add(shape.Measurement);
        }

        _kinds.Add(shape, kinds);
        return kinds;
    }
}
