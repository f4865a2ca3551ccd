using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Writes points of one shape with a prepared statement for the current columns of the measurement.</summary>
internal sealed class ShapeWriter : IDisposable
{
    private const int MaxKnownSeries = 100_000;

    private readonly StoredColumn?[] _columns;
    private readonly SqliteStatement _insert;
    private readonly Dictionary<IReadOnlyList<string?>, long> _series = new(TagValuesComparer.Instance);

    /// <summary>Prepares the statement.</summary>
    /// <param name="session">The writer's connection.</param>
    /// <param name="measurement">The measurement with its current columns.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="refusal">The reason why points of this shape can't be stored, or null.</param>
    public ShapeWriter(SqliteSession session, StoredMeasurement measurement, PointShape shape, string? refusal)
    {
        Measurement = measurement;
        Refusal = refusal;
        _columns = shape.Fields.Select(field => measurement.Find(field) is { IsTag: false } column ? column : null).ToArray();
        _insert = session.Prepare(InsertSql(measurement, _columns.OfType<StoredColumn>().ToArray()));
    }

    public StoredMeasurement Measurement { get; }

    /// <summary>The reason why points of this shape can't be stored, or null.</summary>
    public string? Refusal { get; }

    /// <summary>Returns the cached series id for the tags of a point, or null.</summary>
    public long? FindSeries(Point point) => _series.TryGetValue(point.Tags, out long series) ? series : null;

    /// <summary>Caches the series id for the tags of a point.</summary>
    public void CacheSeries(Point point, long series)
    {
        if (_series.Count >= MaxKnownSeries)
        {
            _series.Clear();
        }

        _series.Add(point.Tags.ToArray(), series);
    }

    /// <summary>Binds the fields of a point to the statement.</summary>
    /// <param name="point">The point.</param>
    /// <param name="missing">The index of the first non-null field without a column in the measurement, or -1.</param>
    /// <returns>The reason why the point can't be stored, or null.</returns>
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

    /// <summary>Stores the point whose fields were bound last.</summary>
    public void Insert(long time, long series)
    {
        _insert.Bind(1, time);
        _insert.Bind(2, series);
        _insert.Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    /// <summary>
    /// Returns the upsert statement: a point with the same time and tags as an existing one is merged into it field by field,
    /// and the last value wins, as in InfluxDB.
    /// </summary>
    private static string InsertSql(StoredMeasurement measurement, StoredColumn[] columns)
    {
        string names = string.Concat(columns.Select(column => ", " + column.Sql));
        string values = string.Concat(Enumerable.Repeat(", ?", columns.Length));
        string merge = columns.Length == 0
            ? "NOTHING"
            : "UPDATE SET " + string.Join(", ", columns.Select(c => $"{c.Sql} = coalesce(excluded.{c.Sql}, {c.Sql})"));
        return $"INSERT INTO {measurement.DataTable}(time, series{names}) VALUES(?, ?{values}) ON CONFLICT(time, series) DO {merge}";
    }

    // The value is added if it has a nearest value in the column's type: for an integer above 2^53 in a float column, the
    // types alone wouldn't explain the conflict.
    private string Conflict(StoredColumn column, FieldValue value) =>
        $"field type conflict: field '{column.Name}' of '{Measurement.Name}' is {Term(column.Kind)}, the point's value is {Term(value.Kind)}"
        + (FieldConverter.Nearest(value, column.Kind).IsNull ? "" : $" ({value}) that can't be converted exactly");

    private static string Term(FieldKind kind) => kind switch
    {
        FieldKind.Integer => "an integer",
        FieldKind.Unsigned => "an unsigned integer",
        FieldKind.Float => "a float",
        FieldKind.Boolean => "a boolean",
        _ => "a string",
    };
}
