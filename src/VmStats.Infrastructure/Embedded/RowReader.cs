using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Converts rows of the data table, whose first columns are time and series, into result rows.</summary>
internal sealed class RowReader
{
    private readonly RowLayout _layout;
    private readonly int[] _tags;
    private readonly StoredColumn?[] _fields;

    /// <summary>Creates a reader for a set of columns.</summary>
    /// <param name="measurement">The measurement.</param>
    /// <param name="columns">The requested columns; null for all.</param>
    public RowReader(StoredMeasurement measurement, IReadOnlyList<string>? columns)
    {
        IEnumerable<string> names = columns is null
            ? measurement.Tags.Concat(measurement.Fields).Select(column => column.Name)
            : columns.Where(column => column != "time").Distinct(StringComparer.Ordinal);
        _layout = new RowLayout(names);
        _tags = new int[_layout.Columns.Count];
        _fields = new StoredColumn?[_layout.Columns.Count];
        for (int i = 0; i < _tags.Length; i++)
        {
            StoredColumn? column = measurement.Find(_layout.Columns[i]);
            _tags[i] = column is { IsTag: true } ? IndexOf(measurement.Tags, column) : -1;
            _fields[i] = column is { IsTag: false } ? column : null;
        }

        Fields = _fields.OfType<StoredColumn>().ToArray();
    }

    /// <summary>The fields to select after time and series.</summary>
    public IReadOnlyList<StoredColumn> Fields { get; }

    /// <summary>Reads the current row of a statement.</summary>
    public StoreRow Read(SqliteStatement statement, StoredSeries series)
    {
        FieldValue[] values = new FieldValue[_tags.Length];
        int next = 2;
        for (int i = 0; i < values.Length; i++)
        {
            if (_fields[i] is StoredColumn field)
            {
                values[i] = statement.Value(next++, field.Kind);
            }
            else if (_tags[i] >= 0)
            {
                values[i] = series.Tags[_tags[i]];
            }
        }

        return new StoreRow(_layout, statement.Int64(0), values);
    }

    private static int IndexOf(IReadOnlyList<StoredColumn> columns, StoredColumn column)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            if (ReferenceEquals(columns[i], column))
            {
                return i;
            }
        }

        return -1;
    }
}
