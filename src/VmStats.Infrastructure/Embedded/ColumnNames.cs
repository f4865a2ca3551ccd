using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Which names a measurement can take.</summary>
internal static class ColumnNames
{
    // SQLite's own limit is 2000 columns a table.
    private const int MaxFields = 1_000;
    private const int MaxTags = 100;

    /// <summary>Why no point of this shape can be stored in this measurement, or null.</summary>
    public static string? Refusal(PointShape shape, StoredMeasurement measurement)
    {
        foreach (string name in shape.Tags.Concat(shape.Fields))
        {
            if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
            {
                return "a tag or field has an empty name or one with a zero character in it";
            }

            if (name == "time")
            {
                return "no tag or field can be called 'time'";
            }
        }

        string? both = shape.Tags.FirstOrDefault(tag => measurement.Find(tag) is { IsTag: false })
            ?? shape.Fields.FirstOrDefault(field => measurement.Find(field) is { IsTag: true } || shape.Tags.Contains(field));
        if (both is not null)
        {
            return $"'{both}' is a tag and a field of '{measurement.Name}'";
        }

        return Total(shape.Tags, measurement.Tags) > MaxTags || Total(shape.Fields, measurement.Fields) > MaxFields
            ? $"'{measurement.Name}' would have more than {MaxTags} tags or {MaxFields} fields"
            : shape.Fields.Distinct(StringComparer.Ordinal).Count() < shape.Fields.Count
                || shape.Tags.Distinct(StringComparer.Ordinal).Count() < shape.Tags.Count
                ? "a tag or field occurs twice"
                : null;
    }

    private static int Total(IReadOnlyList<string> given, IReadOnlyList<StoredColumn> there) =>
        given.Union(there.Select(column => column.Name), StringComparer.Ordinal).Count();
}
