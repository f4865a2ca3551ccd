using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores;

/// <summary>
/// Converts points to the existing schema of their table: its tag names, its field types, and fields that it stores as tags.
/// If the table doesn't exist or its schema matches, the points are written unchanged.
/// </summary>
internal sealed class PointConformer(ITelemetryStore store, ColumnRules rules)
{
    private const int MaximumReportedFields = 5;
    private readonly Dictionary<string, SchemaPlans> _plans = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _rounded = new(StringComparer.Ordinal);

    /// <summary>A warning about numbers that were rounded so far, or null. The same text for every batch while it applies, so that it is reported once.</summary>
    public string? Warning => _rounded.IsEmpty
        ? null
        : $"Numbers that their column can't hold exactly were rounded: {NameList.Of([.. _rounded.Keys.Order(StringComparer.Ordinal)], MaximumReportedFields)}.";

    /// <summary>Writes points converted to the column types of their tables; rounding is reported together with the store's own warning.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        IReadOnlyList<Point> conformed = await ConformAsync(points, cancellationToken).ConfigureAwait(false);
        WriteResult result = await store.WriteAsync(conformed, cancellationToken).ConfigureAwait(false);
        if (result.Rejected.Count > 0 && !ReferenceEquals(points, conformed))
        {
            Dictionary<Point, Point> originals = new(ReferenceEqualityComparer.Instance);
            for (int i = 0; i < points.Count; i++)
            {
                originals.TryAdd(conformed[i], points[i]);
            }

            result = result.OfOriginals(originals);
        }

        return Warning is not { } warning ? result
            : result with { Warning = result.Warning is { } own ? $"{own} {warning}" : warning };
    }

    /// <summary>The points converted to the column types of their tables, in the same order.</summary>
    public async ValueTask<IReadOnlyList<Point>> ConformAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        Dictionary<string, SchemaPlans> plans = new(StringComparer.Ordinal);
        Point[]? changed = null;
        for (int i = 0; i < points.Count; i++)
        {
            Point point = points[i];
            string measurement = point.Shape.Measurement;
            if (!plans.TryGetValue(measurement, out SchemaPlans? known))
            {
                plans.Add(measurement, known = await LearnAsync(measurement, cancellationToken).ConfigureAwait(false));
            }

            Point fitted = known.Fit(point);
            if (changed is null && !ReferenceEquals(fitted, point))
            {
                changed = points.ToArray();
            }

            if (changed is not null)
            {
                changed[i] = fitted;
            }
        }

        return changed ?? points;
    }

    // The store caches the schema, and returns a new object after a write has added columns.
    private async ValueTask<SchemaPlans> LearnAsync(string measurement, CancellationToken cancellationToken)
    {
        MeasurementSchema? schema = await store.GetSchemaToWriteAsync(measurement, cancellationToken).ConfigureAwait(false);
        lock (_plans)
        {
            if (!_plans.TryGetValue(measurement, out SchemaPlans? plans) || !ReferenceEquals(plans.Schema, schema))
            {
                _plans[measurement] = plans = new SchemaPlans(schema, rules, _rounded);
            }

            return plans;
        }
    }

    private sealed class SchemaPlans(MeasurementSchema? schema, ColumnRules rules, ConcurrentDictionary<string, bool> rounded)
    {
        private readonly ConditionalWeakTable<PointShape, PointPlan> _plans = [];

        public MeasurementSchema? Schema { get; } = schema;

        public Point Fit(Point point) =>
            Schema is null ? point : _plans.GetValue(point.Shape, shape => new PointPlan(shape, Schema, rules, rounded)).Fit(point);
    }

    private sealed class PointPlan
    {
        private readonly PointShape _shape;
        private readonly FieldKind[] _kinds;
        private readonly int[] _tags;
        private readonly int[] _fields;
        private readonly int[] _fieldsAsTags;
        private readonly bool _isSame;
        private readonly bool _leavesOut;
        private readonly ConcurrentDictionary<string, bool> _rounded;

        public PointPlan(PointShape shape, MeasurementSchema schema, ColumnRules rules, ConcurrentDictionary<string, bool> rounded)
        {
            _rounded = rounded;
            _leavesOut = rules.OmitsInvalidValues;
            string?[] names = [.. shape.Tags.Select(tag => rules.TagName(schema, shape, tag))];
            string[] tags = [.. names.OfType<string>()];
            _tags = [.. Enumerable.Range(0, names.Length).Where(i => names[i] is not null)];
            _fieldsAsTags = Enumerable.Range(0, shape.Fields.Count)
                .Where(i => schema.Tags.Contains(shape.Fields[i]) && !tags.Contains(shape.Fields[i])).ToArray();
            _fields = Enumerable.Range(0, shape.Fields.Count).Except(_fieldsAsTags).ToArray();
            _kinds = _fields.Select(i => schema.Fields.GetValueOrDefault(shape.Fields[i])).ToArray();
            _isSame = _fieldsAsTags.Length == 0 && tags.SequenceEqual(shape.Tags, StringComparer.Ordinal);
            _shape = _isSame
                ? shape
                : new PointShape(
                    shape.Measurement,
                    [.. tags, .. _fieldsAsTags.Select(i => shape.Fields[i])],
                    _fields.Select(i => shape.Fields[i]).ToArray());
        }

        public Point Fit(Point point)
        {
            FieldValue[]? fields = _isSame ? null : new FieldValue[_fields.Length];
            for (int i = 0; i < _fields.Length; i++)
            {
                FieldValue value = point.Fields[_fields[i]];
                FieldValue fitted = ToKind(value, i);
                if (fields is null && fitted.Kind != value.Kind)
                {
                    fields = [.. point.Fields];
                }

                if (fields is not null)
                {
                    fields[i] = fitted;
                }
            }

            return fields is null ? point : new Point(_shape, point.Time, TagsOf(point), fields);
        }

        private string?[] TagsOf(Point point) =>
            [.. _tags.Select(i => point.Tags[i]), .. _fieldsAsTags.Select(i => point.Fields[i].ToText())];

        private FieldValue ToKind(in FieldValue value, int field)
        {
            FieldValue converted = FieldConverter.Convert(value, _kinds[field], ConversionMode.Lenient, out ConversionOutcome outcome);
            if (outcome == ConversionOutcome.Rounded && value.Kind != FieldKind.Float)
            {
                // Users don't expect integers to lose digits in a float column; that fractions are lost in an integer column is obvious.
                _rounded.TryAdd($"{_shape.Measurement}.{_shape.Fields[field]} ({_kinds[field]})".ToLowerInvariant(), true);
            }

            return outcome == ConversionOutcome.Impossible && !_leavesOut ? value : converted;
        }
    }
}
