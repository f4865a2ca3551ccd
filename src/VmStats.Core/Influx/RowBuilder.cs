using System.Text;
using VmStats.Data;

namespace VmStats.Influx;

/// <summary>
/// Puts the values of a JSON object's keys into rows of one layout. Servers omit nulls, so any key may appear first in
/// any row: the layout is then replaced by a wider one. Keys are looked for where the row before had them, which costs
/// one comparison of bytes a key.
/// </summary>
internal sealed class RowBuilder
{
    // In the order in which the server sends them, which is not that of the layout once a key appeared late.
    private readonly List<Key> _wire = [];
    private readonly List<string> _names = [];
    private readonly bool _isFixed;
    private readonly int _tags;
    private RowLayout _layout;
    private FieldValue[] _values = [];
    private int[] _writtenIn = [];
    private int _row;
    private int _cursor;

    /// <summary>A builder whose layout grows with the keys that appear.</summary>
    /// <param name="hasPlainTime">A column called <c>time</c> is one like the others: the query gave that name to something.</param>
    public RowBuilder(bool hasPlainTime = false)
    {
        _layout = new RowLayout([]);
        HasPlainTime = hasPlainTime;
    }

    /// <summary>A builder for a layout that is known; other keys are passed over.</summary>
    /// <param name="layout">The columns.</param>
    /// <param name="tags">How many of them, from the first on, are tags.</param>
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

    /// <summary>True where nothing tells that a column called <c>time</c> is the time.</summary>
    public bool HasPlainTime { get; }

    /// <summary>The time of the row in the making.</summary>
    public long? Time { get; set; }

    public void BeginRow()
    {
        _row++;
        _cursor = 0;
        _values = new FieldValue[_names.Count];
        Time = null;
    }

    /// <summary>The place of a key in the row; -1 when it is not wanted.</summary>
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

    /// <summary>True where the place is a tag's, as far as is known.</summary>
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
        // Two columns of one name: a join's.
        _names.Add(UniqueName.Of(name, _names));
        Array.Resize(ref _values, _names.Count);
        Array.Resize(ref _writtenIn, _names.Count);
        _cursor++;
        return Mark(ordinal);
    }

    private readonly record struct Key(byte[] Name, int Ordinal);
}
