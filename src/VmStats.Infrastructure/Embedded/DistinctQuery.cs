using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Finds the distinct combinations of tag values from the series table. Rows are read only if the times of a series don't settle it.</summary>
internal static class DistinctQuery
{
    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        string[] by = query.Distinct!.Distinct(StringComparer.Ordinal).ToArray();
        long start = query.Start ?? long.MinValue;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        List<SeriesGroup> groups = SeriesGroups.Of(series, conditions.Measurement, by);
        HashSet<SeriesGroup> present = Present(session, conditions, groups, start, finish);
        if (query.Descending)
        {
            groups.Reverse();
        }

        RowLayout layout = new(by);
        return groups
            .Where(present.Contains)
            .Skip(query.Skip)
            .Take(query.Limit ?? int.MaxValue)
            .Select(group => new StoreRow(layout, null, group.Key.Values));
    }

    private static HashSet<SeriesGroup> Present(
        SqliteSession session, Conditions conditions, List<SeriesGroup> groups, long start, long finish)
    {
        // All series read here have newest >= start, so one whose newest point is before the end has a point in the range.
        ILookup<bool, SeriesGroup> certain = groups.ToLookup(
            group => conditions.OnRows.Count == 0 && group.Series.Exists(one => one.Newest < finish));
        HashSet<SeriesGroup> present = [.. certain[true]];
        Dictionary<long, SeriesGroup> open = certain[false]
            .SelectMany(group => group.Series, (group, one) => (group, one.Id))
            .ToDictionary(pair => pair.Id, pair => pair.group);
        int missing = certain[false].Count();
        if (missing == 0)
        {
            return present;
        }

        List<StoredSeries> series = certain[false].SelectMany(group => group.Series).ToList();
        bool isAll = conditions.OnSeries.Count == 0 && present.Count == 0;
        RowSource source = new(session, conditions, series, isAll, start, finish, descending: false);
        using SqliteStatement statement = source.Select([]).Prepare(session);
        while (missing > 0 && statement.Step())
        {
            missing -= present.Add(open[statement.Int64(1)]) ? 1 : 0;
        }

        return present;
    }
}
