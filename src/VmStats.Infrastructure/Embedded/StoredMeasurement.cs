using System.Globalization;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// The tables of a measurement in the file: <c>series_N</c> has one row per set of tags, <c>data_N</c> one row per time and
/// series, and <c>latest_N</c> the two newest times of each series.
/// </summary>
internal sealed class StoredMeasurement
{
    private readonly Dictionary<string, StoredColumn> _columns;

    public StoredMeasurement(long id, string name, IReadOnlyList<StoredColumn> columns)
    {
        Id = id;
        Name = name;
        Tags = columns.Where(column => column.IsTag).ToArray();
        Fields = columns.Where(column => !column.IsTag).ToArray();
        _columns = columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        string suffix = id.ToString(CultureInfo.InvariantCulture);
        SeriesTable = "series_" + suffix;
        DataTable = "data_" + suffix;
        LatestTable = "latest_" + suffix;
    }

    public long Id { get; }

    public string Name { get; }

    public IReadOnlyList<StoredColumn> Tags { get; }

    public IReadOnlyList<StoredColumn> Fields { get; }

    public string SeriesTable { get; }

    public string DataTable { get; }

    public string LatestTable { get; }

    /// <summary>Returns the column with the given name (case-sensitive), or null.</summary>
    public StoredColumn? Find(string name) => _columns.GetValueOrDefault(name);

    /// <summary>Converts the measurement to the schema type of the store interface.</summary>
    public MeasurementSchema ToSchema() => new(
        Name,
        Tags.Select(tag => tag.Name).ToArray(),
        Fields.ToDictionary(field => field.Name, field => field.Kind, StringComparer.Ordinal));

    /// <summary>Returns a name for a new column that is unique in its table, ignoring case.</summary>
    public string PhysicalNameFor(string name, bool isTag)
    {
        HashSet<string> taken = new((isTag ? Tags : Fields).Select(column => column.Physical), StringComparer.OrdinalIgnoreCase);
        taken.UnionWith(isTag ? ["id", "key"] : ["time", "series"]);
        string candidate = name;
        for (int i = 2; taken.Contains(candidate); i++)
        {
            candidate = string.Create(CultureInfo.InvariantCulture, $"{name}~{i}");
        }

        return candidate;
    }

    /// <summary>Returns the SQLite type for a field.</summary>
    public static string SqlType(FieldKind kind) => kind switch
    {
        FieldKind.Float => "REAL",
        FieldKind.String => "TEXT",
        _ => "INTEGER",
    };
}
