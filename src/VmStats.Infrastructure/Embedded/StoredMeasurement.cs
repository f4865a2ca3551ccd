using System.Globalization;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A measurement as it lies in the file: <c>series_N</c> has a row per set of tags, <c>data_N</c> a row per time and
/// series, <c>latest_N</c> the two newest times of each series.
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

    /// <summary>The column of that very name, or null.</summary>
    public StoredColumn? Find(string name) => _columns.GetValueOrDefault(name);

    /// <summary>The measurement in the store's contract.</summary>
    public MeasurementSchema ToSchema() => new(
        Name,
        Tags.Select(tag => tag.Name).ToArray(),
        Fields.ToDictionary(field => field.Name, field => field.Kind, StringComparer.Ordinal));

    /// <summary>A name for a new column of the file that no other column of its table has, case ignored.</summary>
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

    /// <summary>SQLite's type for a field.</summary>
    public static string SqlType(FieldKind kind) => kind switch
    {
        FieldKind.Float => "REAL",
        FieldKind.String => "TEXT",
        _ => "INTEGER",
    };
}
