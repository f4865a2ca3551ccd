namespace VmStats.Points;

/// <summary>The columns of a stream of rows, shared by all of them. Names are compared exactly: InfluxDB's columns are case-sensitive.</summary>
internal sealed class RowLayout
{
    private readonly Dictionary<string, int> _ordinals;

    /// <summary>Creates a layout.</summary>
    /// <param name="columns">Column names without <c>time</c>, each once.</param>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public RowLayout(IEnumerable<string> columns)
    {
        string[] names = columns.ToArray();
        Columns = names;
        _ordinals = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            if (!_ordinals.TryAdd(names[i], i))
            {
                throw new ArgumentException($"The column '{names[i]}' occurs twice.", nameof(columns));
            }
        }
    }

    /// <summary>The name of the time column, if there is one: <c>time</c>, unless the query renamed it.</summary>
    public string TimeName { get; init; } = "time";

    /// <summary>The column names, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Returns the index of a column, or -1.</summary>
    public int IndexOf(string column) => _ordinals.TryGetValue(column, out int ordinal) ? ordinal : -1;
}

/// <summary>One row of a query result: a time and the values of the layout's columns.</summary>
internal sealed class StoreRow
{
    private readonly FieldValue[] _values;

    /// <summary>Creates a row; the array is kept, not copied.</summary>
    /// <param name="layout">The columns.</param>
    /// <param name="time">UTC nanoseconds since 1970; null if the result has no time column.</param>
    /// <param name="values">One value per column of the layout.</param>
    public StoreRow(RowLayout layout, long? time, FieldValue[] values)
    {
        Layout = layout;
        Time = time;
        _values = values;
    }

    /// <summary>The columns.</summary>
    public RowLayout Layout { get; }

    /// <summary>UTC nanoseconds since 1970, or null if the result has no time column.</summary>
    public long? Time { get; }

    /// <summary>Returns the same values without a time.</summary>
    internal StoreRow WithoutTime() => Time is null ? this : new StoreRow(Layout, null, _values);

    /// <summary>The value at an index; absent for -1.</summary>
    public FieldValue this[int ordinal] => ordinal < 0 ? default : _values[ordinal];

    /// <summary>The value of a column; absent when there is no such column.</summary>
    public FieldValue this[string column] => this[Layout.IndexOf(column)];
}
