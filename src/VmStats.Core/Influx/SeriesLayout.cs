using VmStats.Data;

namespace VmStats.Influx;

/// <summary>How the cells of one series of an InfluxQL answer become a row: its columns, and its tags as columns.</summary>
internal sealed class SeriesLayout
{
    public const int TimePlace = -2;
    private const int NotWanted = -1;
    private readonly (int Place, FieldKind Kind, bool IsTag)[] _cells;
    private readonly FieldValue[] _template;

    private SeriesLayout(RowLayout layout, (int, FieldKind, bool)[] cells, FieldValue[] template)
    {
        Layout = layout;
        _cells = cells;
        _template = template;
    }

    public RowLayout Layout { get; }

    /// <summary>Cells of a row.</summary>
    public int Count => _cells.Length;

    public (int Place, FieldKind Kind, bool IsTag) this[int cell] => _cells[cell];

    /// <summary>A row that has the series' tags already.</summary>
    public FieldValue[] NewRow() => (FieldValue[])_template.Clone();

    /// <summary>Lays a series out, with the layout of the series before it where that fits.</summary>
    public static SeriesLayout For(
        string? name,
        List<string> columns,
        List<KeyValuePair<string, string>> tags,
        InfluxQLColumns wanted,
        ref RowLayout? last)
    {
        IReadOnlyList<string> names = wanted.Columns ?? AllNames(name, columns, tags);
        RowLayout layout = last is not null && last.Columns.SequenceEqual(names) ? last : new RowLayout(names);
        last = layout;
        FieldValue[] template = new FieldValue[names.Count];
        foreach ((string tag, string value) in tags)
        {
            // InfluxQL groups rows without the tag under an empty value.
            Fill(template, layout.IndexOf(tag), value.Length == 0 ? FieldValue.Null : FieldValue.From(value));
        }

        if (wanted.Columns is null && name is not null)
        {
            Fill(template, layout.IndexOf(InfluxQLParser.MeasurementColumn), FieldValue.From(name));
        }

        (int, FieldKind, bool)[] cells = new (int, FieldKind, bool)[columns.Count];
        HashSet<string> seen = [];
        for (int i = 0; i < cells.Length; i++)
        {
            int place = columns[i] == "time" ? TimePlace : seen.Add(columns[i]) ? layout.IndexOf(columns[i]) : NotWanted;
            cells[i] = (place, wanted.Kinds.GetValueOrDefault(columns[i]), wanted.Tags.Contains(columns[i]));
        }

        return new SeriesLayout(layout, cells, template);
    }

    private static List<string> AllNames(string? name, List<string> columns, List<KeyValuePair<string, string>> tags)
    {
        List<string> names = [];
        if (name is not null)
        {
            names.Add(InfluxQLParser.MeasurementColumn);
        }

        names.AddRange(tags.Select(tag => tag.Key).Concat(columns.Where(column => column != "time")));
        return names.Distinct(StringComparer.Ordinal).ToList();
    }

    private static void Fill(FieldValue[] row, int place, FieldValue value)
    {
        if (place >= 0)
        {
            row[place] = value;
        }
    }
}
