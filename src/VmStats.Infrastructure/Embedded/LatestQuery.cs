using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Returns the newest rows of each group. A group may span several series (a VM gets a new VMID at each start), so the
/// newest rows across all of them are needed. If the two newest times stored per series suffice, only the result rows are
/// read, regardless of how long the history is.
/// </summary>
internal static class LatestQuery
{
    private const int StoredTimes = 2;

    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        LatestPerGroup latest = query.Latest!;
        long start = query.Start ?? long.MinValue;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        List<SeriesGroup> groups = SeriesGroups.Of(series, conditions.Measurement, latest.By);
        RowReader reader = new(conditions.Measurement, query.Columns);
        bool canSeek = latest.Depth <= StoredTimes && conditions.OnRows.Count == 0;
        List<SeriesGroup> known = groups.FindAll(group => canSeek && group.Series.TrueForAll(one => one.Newest < finish));

        // The other groups are scanned, newest rows first, until each group has its rows. Such a group has points after the
        // end of the range, for example from a clock that was ahead.
        List<SeriesGroup> others = known.Count == groups.Count ? [] : [.. groups.Except(known)];
        List<StoredSeries> scanned = known.Count == 0 ? series : [.. others.SelectMany(group => group.Series)];
        bool isAll = known.Count == 0 && conditions.OnSeries.Count == 0;
        Dictionary<SeriesGroup, List<StoreRow>> found = ByScan(session, conditions, reader, scanned, isAll, others, latest.Depth, start, finish);
        IEnumerable<StoreRow> rows = ByStoredTimes(session, conditions.Measurement, reader, groups, found, latest.Depth, start);
        return rows.Skip(query.Skip).Take(query.Limit ?? int.MaxValue);
    }

    // In group order; groups that were scanned have their rows already.
    private static IEnumerable<StoreRow> ByStoredTimes(
        SqliteSession session,
        StoredMeasurement measurement,
        RowReader reader,
        List<SeriesGroup> groups,
        Dictionary<SeriesGroup, List<StoreRow>> scanned,
        int depth,
        long start)
    {
        using SqliteStatement statement = session.Prepare(SqliteRenderer.Row(measurement, reader.Fields));
        foreach (SeriesGroup group in groups)
        {
            if (scanned.TryGetValue(group, out List<StoreRow>? rows))
            {
                foreach (StoreRow row in rows)
                {
                    yield return row;
                }

                continue;
            }

            foreach ((long time, StoredSeries series) in NewestOf(group, depth, start))
            {
                statement.Bind(1, time);
                statement.Bind(2, series.Id);
                if (statement.Step())
                {
                    yield return reader.Read(statement, series);
                }

                statement.Reset();
            }
        }
    }

    private static IEnumerable<(long Time, StoredSeries Series)> NewestOf(SeriesGroup group, int depth, long start) =>
        group.Series
            .SelectMany(one => one.Previous is long previous ? [(one.Newest, one), (previous, one)] : new[] { (one.Newest, one) })
            .Where(candidate => candidate.Item1 >= start)
            .OrderByDescending(candidate => candidate.Item1)
            .ThenByDescending(candidate => candidate.one.Id)
            .Take(depth);

    private static Dictionary<SeriesGroup, List<StoreRow>> ByScan(
        SqliteSession session,
        Conditions conditions,
        RowReader reader,
        List<StoredSeries> series,
        bool isAll,
        List<SeriesGroup> groups,
        int depth,
        long start,
        long finish)
    {
        Dictionary<SeriesGroup, List<StoreRow>> found = groups.ToDictionary(group => group, _ => new List<StoreRow>());
        if (groups.Count == 0)
        {
            return found;
        }

        Dictionary<long, List<StoreRow>> rowsOf = [];
        foreach ((SeriesGroup group, List<StoreRow> rows) in found)
        {
            group.Series.ForEach(one => rowsOf.Add(one.Id, rows));
        }

        int open = groups.Count;
        RowSource source = new(session, conditions, series, isAll, start, finish, descending: true);
        using SqliteStatement statement = source.Select(reader.Fields).Prepare(session);
        while (open > 0 && statement.Step())
        {
            long id = statement.Int64(1);
            List<StoreRow> rows = rowsOf[id];
            if (rows.Count < depth)
            {
                rows.Add(reader.Read(statement, source.ById[id]));
                open -= rows.Count == depth ? 1 : 0;
            }
        }

        return found;
    }
}
