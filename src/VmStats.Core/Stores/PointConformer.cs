using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using VmStats.Data;
using VmStats.Points;
using VmStats.Telemetry;

namespace VmStats.Stores;

/// <summary>
/// Fits points to what a table already has: its names for a VM's tags, its field types, a field that it keeps as a tag.
/// A table that doesn't exist, or agrees, gets the points as they are.
/// </summary>
internal sealed class PointConformer(ITelemetryStore store)
{
    private const int FieldsTold = 5;
    private readonly Dictionary<string, SchemaPlans> _plans = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _rounded = new(StringComparer.Ordinal);

    /// <summary>What was lost of numbers so far; null while nothing was. The same for every batch while it holds, so that it is told once.</summary>
    public string? Warning => _rounded.IsEmpty
        ? null
        : $"Numbers that their column can't hold exactly were rounded: {NameList.Of([.. _rounded.Keys.Order(StringComparer.Ordinal)], FieldsTold)}.";

    /// <summary>Writes points as their tables want them; what was rounded is told with the store's own warning.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        IReadOnlyList<Point> conformed = await ConformAsync(points, cancellationToken).ConfigureAwait(false);
        WriteResult result = await store.WriteAsync(conformed, cancellationToken).ConfigureAwait(false);
        return Warning is not { } warning ? result
            : result with { Warning = result.Warning is { } own ? $"{own} {warning}" : warning };
    }

    /// <summary>The points as their tables want them, in the same order.</summary>
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

    // The store keeps the schema, and gives another object when a write has added columns.
    private async ValueTask<SchemaPlans> LearnAsync(string measurement, CancellationToken cancellationToken)
    {
        MeasurementSchema? schema = await store.GetSchemaToWriteAsync(measurement, cancellationToken).ConfigureAwait(false);
        lock (_plans)
        {
            if (!_plans.TryGetValue(measurement, out SchemaPlans? plans) || !ReferenceEquals(plans.Schema, schema))
            {
                _plans[measurement] = plans = new SchemaPlans(schema, _rounded);
            }

            return plans;
        }
    }

    private sealed class SchemaPlans(MeasurementSchema? schema, ConcurrentDictionary<string, bool> rounded)
    {
        private readonly ConditionalWeakTable<PointShape, PointPlan> _plans = [];

        public MeasurementSchema? Schema { get; } = schema;

        public Point Fit(Point point) =>
            Schema is null ? point : _plans.GetValue(point.Shape, shape => new PointPlan(shape, Schema, rounded)).Fit(point);
    }

    private sealed class PointPlan
    {
        private readonly PointShape _shape;
        private readonly FieldKind[] _kinds;
        private readonly int[] _fields;
        private readonly int[] _fieldsAsTags;
        private readonly bool _isSame;
        private readonly ConcurrentDictionary<string, bool> _rounded;

        public PointPlan(PointShape shape, MeasurementSchema schema, ConcurrentDictionary<string, bool> rounded)
        {
            _rounded = rounded;
            string[] tags = shape.Tags.Select(tag => NameIn(schema, shape, tag)).ToArray();
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
            [.. point.Tags, .. _fieldsAsTags.Select(i => point.Fields[i].ToText())];

        private static string NameIn(MeasurementSchema schema, PointShape shape, string tag)
        {
            if (schema.Measurement is not (Measurements.VmTotals or Measurements.VmDevices))
            {
                return tag;
            }

            TagVocabulary vocabulary = TagVocabulary.Of(schema);
            string name = tag == TagVocabulary.UuidColumns[0] ? vocabulary.UuidToWrite
                : tag == TagVocabulary.NameColumns[0] ? vocabulary.NameToWrite
                : tag;
            return shape.Tags.Contains(name) ? tag : name;
        }

        // A value that can't be told in the table's type stays as it is: the store then refuses it and says why.
        private FieldValue ToKind(in FieldValue value, int field)
        {
            FieldValue converted = FieldConverter.Convert(value, _kinds[field], ConversionMode.Lenient, out ConversionOutcome outcome);
            if (outcome == ConversionOutcome.Rounded)
            {
                _rounded.TryAdd($"{_shape.Measurement}.{_shape.Fields[field]} ({_kinds[field]})".ToLowerInvariant(), true);
            }

            return outcome == ConversionOutcome.Impossible ? value : converted;
        }
    }
}
