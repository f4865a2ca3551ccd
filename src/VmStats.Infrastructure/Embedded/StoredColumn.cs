using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A tag or field of a measurement.</summary>
/// <param name="Name">Its name, as the points spell it.</param>
/// <param name="Physical">The column's name in the file; another one where SQLite, which ignores case, could not tell two apart.</param>
/// <param name="IsTag">A tag, kept with the series, or a field, kept with the points.</param>
/// <param name="Kind">The type of its values.</param>
internal sealed record StoredColumn(string Name, string Physical, bool IsTag, FieldKind Kind)
{
    /// <summary>The column in SQL.</summary>
    public string Sql { get; } = Quote(Physical);

    /// <summary>An identifier in SQL, whatever is in it.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
