using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>The prepared statement that writes points of one shape, for the columns that the measurement has now.</summary>
internal sealed class ShapeWriter : IDisposable
{
    private const int MaxKnownSeries = 100_000;

    private readonly StoredColumn?[] _columns;
    private readonly SqliteStatement _insert;
    private readonly Dictionary<IReadOnlyList<string?>, long> _series = new(TagValuesComparer.Instance);

    /// <summary>Prepares the statement.</summary>
    /// <param name="session">The writer's connection.</param>
    /// <param name="measurement">The measurement as it is now.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="refusal">Why no point of this shape can be stored, or null.</param>
    public ShapeWriter(SqliteSession session, StoredMeasurement measurement, PointShape shape, string? refusal)
    {
        Measurement = measurement;
        Refusal = refusal;
        _columns = shape.Fields.Select(field => measurement.Find(field) is { IsTag: false } column ? column : null).ToArray();
        _insert = session.Prepare(InsertSql(measurement, _columns.OfType<StoredColumn>().ToArray()));
    }

    public StoredMeasurement Measurement { get; }

    /// <summary>Why no point of this shape can be stored, or null.</summary>
    public string? Refusal { get; }

    /// <summary>The series of a set of tags, if it has been met.</summary>
    public long? SeriesOf(Point point) => _series.TryGetValue(point.Tags, out long series) ? series : null;

    /// <summary>Keeps the series of a set of tags.</summary>
    public void Learn(Point point, long series)
    {
        if (_series.Count >= MaxKnownSeries)
        {
            _series.Clear();
        }

        _series.Add(point.Tags.ToArray(), series);
    }

    /// <summary>Hands a point's fields to the statement.</summary>
    /// <param name="point">The point.</param>
    /// <param name="missing">The first present field that the measurement has no column for, or -1.</param>
    /// <returns>Why the point can't be stored, or null.</returns>
    public string? BindFields(Point point, out int missing)
    {
        missing = -1;
        int parameter = 3;
        for (int i = 0; i < _columns.Length; i++)
        {
            FieldValue value = point.Fields[i];
            StoredColumn? column = _columns[i];
            if (column is null)
            {
                if (!value.IsNull && missing < 0)
                {
                    missing = i;
                }

                continue;
            }

            FieldValue converted = FieldConverter.Convert(value, column.Kind, ConversionMode.Exact, out ConversionOutcome outcome);
            if (outcome == ConversionOutcome.Impossible)
            {
                return Conflict(column, value);
            }

            _insert.Bind(parameter++, converted);
        }

        return null;
    }

    /// <summary>Stores the point whose fields were handed over.</summary>
    public void Insert(long time, long series)
    {
        _insert.Bind(1, time);
        _insert.Bind(2, series);
        _insert.Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    /// <summary>A point with the time and tags of another adds to it, field by field; the last value wins, as in InfluxDB.</summary>
    private static string InsertSql(StoredMeasurement measurement, StoredColumn[] columns)
    {
        string names = string.Concat(columns.Select(column => ", " + column.Sql));
        string values = string.Concat(Enumerable.Repeat(", ?", columns.Length));
        string merge = columns.Length == 0
            ? "NOTHING"
            : "UPDATE SET " + string.Join(", ", columns.Select(c => $"{c.Sql} = coalesce(excluded.{c.Sql}, {c.Sql})"));
        return $"INSERT INTO {measurement.DataTable}(time, series{names}) VALUES(?, ?{values}) ON CONFLICT(time, series) DO {merge}";
    }

    // Of a whole number beyond 2^53 in a column of floats the type alone doesn't say what is wrong.
    private string Conflict(StoredColumn column, FieldValue given) =>
        $"field type conflict: field '{column.Name}' of '{Measurement.Name}' is {Term(column.Kind)}, the point's value is {Term(given.Kind)}"
        + (FieldConverter.Nearest(given, column.Kind).IsNull ? "" : $" ({given}) that it can't hold exactly");

    private static string Term(FieldKind kind) => kind switch
    {
        FieldKind.Integer => "an integer",
        FieldKind.Unsigned => "an unsigned integer",
        FieldKind.Float => "a float",
        FieldKind.Boolean => "a boolean",
        _ => "a string",
    };
}
