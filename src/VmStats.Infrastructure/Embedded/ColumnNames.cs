using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Checks whether a measurement can store tags and fields with given names.</summary>
internal static class ColumnNames
{
    // SQLite's own limit is 2000 columns per table.
    private const int MaxFields = 1_000;
    private const int MaxTags = 100;

    /// <summary>Returns the reason why points of this shape can't be stored in this measurement, or null if they can.</summary>
    public static string? Refusal(PointShape shape, StoredMeasurement measurement)
    {
        foreach (string name in shape.Tags.Concat(shape.Fields))
        {
            if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
            {
                return "the name of a tag or field is empty or contains a null character";
            }

            if (name == "time")
            {
                return "a tag or field can't be named 'time'";
            }
        }

        string? both = shape.Tags.FirstOrDefault(tag => measurement.Find(tag) is { IsTag: false })
            ?? shape.Fields.FirstOrDefault(field => measurement.Find(field) is { IsTag: true } || shape.Tags.Contains(field));
        if (both is not null)
        {
            return $"'{both}' is both a tag and a field of '{measurement.Name}'";
        }

        return Total(shape.Tags, measurement.Tags) > MaxTags || Total(shape.Fields, measurement.Fields) > MaxFields
            ? $"'{measurement.Name}' would have more than {MaxTags} tags or {MaxFields} fields"
            : shape.Fields.Distinct(StringComparer.Ordinal).Count() < shape.Fields.Count
                || shape.Tags.Distinct(StringComparer.Ordinal).Count() < shape.Tags.Count
                ? "a tag or field occurs twice"
                : null;
    }

    private static int Total(IReadOnlyList<string> names, IReadOnlyList<StoredColumn> existing) =>
        names.Union(existing.Select(column => column.Name), StringComparer.Ordinal).Count();
}
