using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A tag or field of a measurement.</summary>
/// <param name="Name">Its name in the points.</param>
/// <param name="Physical">The column name in the file; it differs from the name if SQLite, which ignores case, would find a conflict.</param>
/// <param name="IsTag">True for a tag, stored with the series; false for a field, stored with the points.</param>
/// <param name="Kind">The type of its values.</param>
internal sealed record StoredColumn(string Name, string Physical, bool IsTag, FieldKind Kind)
{
    /// <summary>The quoted column name for SQL.</summary>
    public string Sql { get; } = Quote(Physical);

    /// <summary>Quotes an identifier for SQL.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
