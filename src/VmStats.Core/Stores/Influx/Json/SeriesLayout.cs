using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx.Json;

/// <summary>Maps the cells of one series of an InfluxQL response to a row: its columns, and its tags as further columns.</summary>
internal sealed class SeriesLayout
{
    public const int TimePlace = -2;
    private const int NotWanted = -1;
    private const string TimeName = "time";
    private readonly (int Place, FieldKind Kind, bool IsTag)[] _cells;
    private readonly FieldValue[] _template;

    private SeriesLayout(RowLayout layout, (int, FieldKind, bool)[] cells, FieldValue[] template)
    {
        Layout = layout;
        _cells = cells;
        _template = template;
    }

    public RowLayout Layout { get; }

    /// <summary>Number of cells in a row.</summary>
    public int Count => _cells.Length;

    public (int Place, FieldKind Kind, bool IsTag) this[int cell] => _cells[cell];

    /// <summary>Creates a row that already contains the series' tags.</summary>
    public FieldValue[] NewRow() => (FieldValue[])_template.Clone();

    /// <summary>Creates the layout of a series, which shares the row layout of the series before it if that fits.</summary>
    /// <param name="name">The measurement.</param>
    /// <param name="columns">The columns of the response.</param>
    /// <param name="tags">The tags of the series.</param>
    /// <param name="wanted">What is known about the columns of the result.</param>
    /// <param name="isSelect">True for the result of a SELECT: its first column is the time, and any other column called <c>time</c> is not.</param>
    /// <param name="last">The row layout of the series before it; afterwards that of this series.</param>
    public static SeriesLayout For(
        string? name,
        List<string> columns,
        List<KeyValuePair<string, string>> tags,
        InfluxQLColumns wanted,
        bool isSelect,
        ref RowLayout? last)
    {
        int time = isSelect && columns.Count > 0 ? 0 : columns.IndexOf(TimeName);
        return wanted.Columns is null ? OfAll(name, columns, tags, time, ref last) : OfWanted(columns, tags, wanted, time, ref last);
    }

    private static SeriesLayout OfWanted(
        List<string> columns, List<KeyValuePair<string, string>> tags, InfluxQLColumns wanted, int time, ref RowLayout? last)
    {
        RowLayout layout = LayoutOf(wanted.Columns!, TimeName, ref last);
        FieldValue[] template = new FieldValue[layout.Columns.Count];
        foreach ((string tag, string value) in tags)
        {
            if (layout.IndexOf(tag) is >= 0 and int place)
            {
                template[place] = TagValue(value);
            }
        }

        (int, FieldKind, bool)[] cells = new (int, FieldKind, bool)[columns.Count];
        HashSet<string> seen = [];
        for (int i = 0; i < cells.Length; i++)
        {
            int place = i == time ? TimePlace : seen.Add(columns[i]) ? layout.IndexOf(columns[i]) : NotWanted;
            cells[i] = (place, wanted.Kinds.GetValueOrDefault(columns[i]), wanted.Tags.Contains(columns[i]));
        }

        return new SeriesLayout(layout, cells, template);
    }

    // All columns, under unique names: an alias may be the same as another one, a tag, the time, or our name for the measurement column.
    private static SeriesLayout OfAll(string? name, List<string> columns, List<KeyValuePair<string, string>> tags, int time, ref RowLayout? last)
    {
        string timeName = time < 0 ? TimeName : columns[time];
        List<string> names = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        if (time >= 0)
        {
            taken.Add(timeName);
        }

        List<FieldValue> template = [];
        int Add(string column, FieldValue value)
        {
            string unique = UniqueName.Of(column, taken);
            taken.Add(unique);
            names.Add(unique);
            template.Add(value);
            return names.Count - 1;
        }

        if (name is not null)
        {
            Add(InfluxQLParser.MeasurementColumn, FieldValue.From(name));
        }

        foreach ((string tag, string value) in tags)
        {
            Add(tag, TagValue(value));
        }

        (int, FieldKind, bool)[] cells = new (int, FieldKind, bool)[columns.Count];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = (i == time ? TimePlace : Add(columns[i], default), FieldKind.Null, false);
        }

        return new SeriesLayout(LayoutOf(names, timeName, ref last), cells, [.. template]);
    }

    private static RowLayout LayoutOf(IReadOnlyList<string> names, string timeName, ref RowLayout? last) =>
        last = last is not null && last.TimeName == timeName && last.Columns.SequenceEqual(names) ? last : new RowLayout(names) { TimeName = timeName };

    // InfluxQL groups rows without the tag under an empty value.
    private static FieldValue TagValue(string value) => value.Length == 0 ? FieldValue.Null : FieldValue.From(value);
}
