using System.Collections.Concurrent;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Text;

namespace VmStats.Stores.Influx;

/// <summary>
/// Tracks the fields that tables don't accept: those that have another type in the table, and those beyond its maximum number of
/// columns. A point that is rejected because of such a field is sent again with the value converted to the table's type, or
/// without the field if that isn't possible; the fields left out are counted. A refused field is remembered for a minute, so that
/// not every batch is rejected because of it; then it is tried again, since the table may have been corrected or recreated.
/// </summary>
/// <param name="write">Writes points and returns those that were rejected.</param>
/// <param name="schemas">The columns of the tables.</param>
/// <param name="clock">The clock by which refused fields age.</param>
internal sealed class RefusedFields(
    Func<IReadOnlyList<Point>, CancellationToken, ValueTask<WriteResult>> write, SchemaCache schemas, TimeProvider clock)
{
    private const int MaximumReportedFields = 5;
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(string Measurement, string Field), Refused> _refused = new();

    /// <summary>Writes points; values that their tables don't accept are converted or left out.</summary>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        Forget();
        int written = 0, leftOut = 0;
        string? warning = null;
        List<RejectedPoint> rejected = [];
        List<Attempt> attempts = [.. points.Select(Trim)];

        // A server may report only one field of a point at a time.
        do
        {
            WriteResult result = await write(attempts.ConvertAll(attempt => attempt.Sent), cancellationToken).ConfigureAwait(false);
            written += result.Written;
            warning = result.Warning ?? warning;
            leftOut += attempts.Sum(attempt => attempt.LeftOut);
            if (result.Rejected.Count == 0)
            {
                break;
            }

            ILookup<Point, Attempt> sent = attempts.ToLookup(attempt => attempt.Sent, (IEqualityComparer<Point>)ReferenceEqualityComparer.Instance);
            bool learnt = await LearnAsync(result.Rejected, cancellationToken).ConfigureAwait(false);
            attempts = [];
            foreach (RejectedPoint one in result.Rejected)
            {
                Attempt before = sent[one.Point].First(), next = learnt ? Trim(before.Original) : before;
                leftOut -= before.LeftOut;
                if (next.Sent.Fields.SequenceEqual(before.Sent.Fields) || next.Sent.Fields.All(field => field.IsNull))
                {
                    rejected.Add(one with { Point = before.Original });
                }
                else
                {
                    attempts.Add(next);
                }
            }
        }
        while (attempts.Count > 0);

        return new WriteResult(written, rejected) { FieldsLeftOut = leftOut, Warning = Warning() ?? warning };
    }

    private void Forget()
    {
        foreach (KeyValuePair<(string, string), Refused> one in _refused)
        {
            if (clock.GetElapsedTime(one.Value.At) >= s_keep)
            {
                _refused.TryRemove(one);
            }
        }
    }

    // Returns true if a field was found that wasn't known to be refused.
    private async ValueTask<bool> LearnAsync(IReadOnlyList<RejectedPoint> rejected, CancellationToken cancellationToken)
    {
        bool learnt = false;
        HashSet<string> full = new(StringComparer.Ordinal);
        foreach (RejectedPoint one in rejected)
        {
            if (FieldConflict.Find(one.Reason) is { } conflict && conflict.IsOf(one.Point))
            {
                string measurement = one.Point.Shape.Measurement;
                learnt |= Add(measurement, conflict.Field, conflict.Expected, conflict.Expected == FieldKind.Null ? "no field there" : $"{conflict.Expected} there".ToLowerInvariant());
                schemas.Added(measurement);
            }
            else if (ErrorTable.Find(0, one.Reason).Id == ErrorIds.InfluxColumnLimit)
            {
                full.Add(one.Point.Shape.Measurement);
            }
        }

        foreach (string measurement in full)
        {
            // The server doesn't report which columns exceed the maximum.
            schemas.Added(measurement);
            MeasurementSchema? schema = await schemas.GetToWriteAsync(measurement, cancellationToken).ConfigureAwait(false);
            foreach (string field in schema is null ? [] : rejected.Where(one => one.Point.Shape.Measurement == measurement)
                .SelectMany(one => one.Point.Shape.Fields.Where((_, i) => !one.Point.Fields[i].IsNull)).Distinct().Except(schema.Fields.Keys))
            {
                learnt |= Add(measurement, field, FieldKind.Null, "the table has all the columns that it can have");
            }
        }

        return learnt;
    }

    private bool Add(string measurement, string field, FieldKind expected, string why) =>
        _refused.TryAdd((measurement, field), new Refused(expected, why, clock.GetTimestamp()));

    private Attempt Trim(Point point)
    {
        FieldValue[]? fields = null;
        int leftOut = 0;
        for (int i = 0; !_refused.IsEmpty && i < point.Fields.Count; i++)
        {
            FieldValue value = point.Fields[i];
            if (value.IsNull || !_refused.TryGetValue((point.Shape.Measurement, point.Shape.Fields[i]), out Refused? refused) || value.Kind == refused.Expected)
            {
                continue;
            }

            fields ??= [.. point.Fields];
            fields[i] = refused.Expected == FieldKind.Null ? default : FieldConverter.Exact(value, refused.Expected);
            if (fields[i].IsNull)
            {
                refused.LeavesOut = true;
                leftOut++;
            }
        }

        return new Attempt(point, fields is null ? point : new Point(point.Shape, point.Time, [.. point.Tags], fields), leftOut);
    }

    // The text is the same for every batch as long as it applies, so that it is reported only once.
    private string? Warning()
    {
        string[] fields = [.. _refused.Where(one => one.Value.LeavesOut)
            .Select(one => $"{one.Key.Measurement}.{one.Key.Field} ({one.Value.Why})").Order(StringComparer.Ordinal)];
        return fields.Length == 0
            ? null
            : $"Fields that their table doesn't take are left out, the rest of their points is written: {NameList.Of(fields, MaximumReportedFields)}.";
    }

    private sealed class Refused(FieldKind expected, string why, long at)
    {
        public FieldKind Expected => expected;

        public string Why => why;

        public long At => at;

        public bool LeavesOut { get; set; }
    }

    private readonly record struct Attempt(Point Original, Point Sent, int LeftOut);
}
