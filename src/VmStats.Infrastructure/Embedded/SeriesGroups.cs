using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A group of series with the same values of the grouping tags.</summary>
/// <param name="key">The tag values.</param>
/// <param name="series">The series.</param>
internal sealed class SeriesGroup(GroupKey key, List<StoredSeries> series)
{
    public GroupKey Key => key;

    public List<StoredSeries> Series => series;
}

/// <summary>Groups series by tags.</summary>
internal static class SeriesGroups
{
    /// <summary>Returns the groups, ordered by key; a tag that doesn't exist has a null value in the key.</summary>
    public static List<SeriesGroup> Of(IEnumerable<StoredSeries> series, StoredMeasurement measurement, IReadOnlyList<string> by)
    {
        int[] tags = by.Select(name => TagIndexOf(measurement, name)).ToArray();
        Dictionary<GroupKey, SeriesGroup> groups = [];
        foreach (StoredSeries one in series)
        {
            GroupKey key = new(null, Array.ConvertAll(tags, tag => tag < 0 ? default : one.Tags[tag]));
            if (!groups.TryGetValue(key, out SeriesGroup? group))
            {
                groups.Add(key, group = new SeriesGroup(key, []));
            }

            group.Series.Add(one);
        }

        List<SeriesGroup> ordered = [.. groups.Values];
        ordered.Sort((a, b) => Compare(a.Key.Values, b.Key.Values));
        return ordered;
    }

    private static int TagIndexOf(StoredMeasurement measurement, string name)
    {
        for (int i = 0; i < measurement.Tags.Count; i++)
        {
            if (measurement.Tags[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static int Compare(FieldValue[] a, FieldValue[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            int order = string.CompareOrdinal(a[i].AsString(), b[i].AsString());
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
