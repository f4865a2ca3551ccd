using System.Text;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.Json;

/// <summary>
/// Builds rows of a shared layout from the keys and values of JSON objects. Servers omit nulls, so any key may first
/// appear in any row: the layout is then replaced by a wider one. Keys are first looked for at their position in the
/// previous row, which costs one comparison of bytes per key.
/// </summary>
internal sealed class RowBuilder
{
    // In the order in which the server sends them, which differs from that of the layout once a key has appeared late.
    private readonly List<Key> _wire = [];
    private readonly List<string> _names = [];
    private readonly bool _isFixed;
    private readonly int _tags;
    private RowLayout _layout;
    private FieldValue[] _values = [];
    private int[] _writtenIn = [];
    private int _row;
    private int _cursor;

    /// <summary>Creates a builder whose layout grows with the keys that appear.</summary>
    /// <param name="hasPlainTime">True if a column called <c>time</c> is an ordinary one: the query used that name for something else.</param>
    public RowBuilder(bool hasPlainTime = false)
    {
        _layout = new RowLayout([]);
        HasPlainTime = hasPlainTime;
    }

    /// <summary>Creates a builder for a known layout; other keys are skipped.</summary>
    /// <param name="layout">The columns.</param>
    /// <param name="tags">The number of columns, counted from the first, that are tags.</param>
    public RowBuilder(RowLayout layout, int tags)
    {
        _layout = layout;
        _tags = tags;
        _isFixed = true;
        foreach (string column in layout.Columns)
        {
            _wire.Add(new Key(Encoding.UTF8.GetBytes(column), _names.Count));
            _names.Add(column);
        }

        _writtenIn = new int[_names.Count];
    }

    /// <summary>True if a column called <c>time</c> is not known to be the time.</summary>
    public bool HasPlainTime { get; }

    /// <summary>The time of the current row.</summary>
    public long? Time { get; set; }

    public void BeginRow()
    {
        _row++;
        _cursor = 0;
        _values = new FieldValue[_names.Count];
        Time = null;
    }

    /// <summary>Returns the index of a key in the row; -1 if it is not needed.</summary>
    public int Place(ReadOnlySpan<byte> key)
    {
        if (_cursor < _wire.Count && key.SequenceEqual(_wire[_cursor].Name))
        {
            return Take(_cursor);
        }

        for (int i = _cursor + 1; i < _wire.Count; i++)
        {
            if (key.SequenceEqual(_wire[i].Name))
            {
                return Take(i);
            }
        }

        for (int i = 0; i < _cursor && i < _wire.Count; i++)
        {
            if (_writtenIn[_wire[i].Ordinal] != _row && key.SequenceEqual(_wire[i].Name))
            {
                return Mark(_wire[i].Ordinal);
            }
        }

        return _isFixed ? -1 : Add(key);
    }

    /// <summary>True if the column at this index is known to be a tag.</summary>
    public bool IsTag(int place) => place < _tags;

    public void Set(int place, FieldValue value) => _values[place] = value;

    public StoreRow EndRow()
    {
        if (_layout.Columns.Count != _names.Count)
        {
            _layout = new RowLayout(_names);
        }

        return new StoreRow(_layout, Time, _values);
    }

    private int Take(int index)
    {
        _cursor = index + 1;
        return Mark(_wire[index].Ordinal);
    }

    private int Mark(int ordinal)
    {
        _writtenIn[ordinal] = _row;
        return ordinal;
    }

    private int Add(ReadOnlySpan<byte> key)
    {
        string name = Encoding.UTF8.GetString(key);
        int ordinal = _names.Count;
        _wire.Insert(Math.Min(_cursor, _wire.Count), new Key(key.ToArray(), ordinal));
        // A join may return two columns with the same name.
        _names.Add(UniqueName.Of(name, _names));
        Array.Resize(ref _values, _names.Count);
        Array.Resize(ref _writtenIn, _names.Count);
        _cursor++;
        return Mark(ordinal);
    }

    private readonly record struct Key(byte[] Name, int Ordinal);
}
