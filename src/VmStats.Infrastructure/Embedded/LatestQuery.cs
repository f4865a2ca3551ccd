using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// The newest rows of each group. A group may span several series (a VM gets another VMID at each start), so the
/// newest rows over all of them count. Where the two known times of the series suffice, only the rows of the answer
/// are read, however long the history is.
/// </summary>
internal static class LatestQuery
{
    private const int KnownTimes = 2;

    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        LatestPerGroup latest = query.Latest!;
        long start = query.Start ?? long.MinValue;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        List<SeriesGroup> groups = SeriesGroups.Of(series, conditions.Measurement, latest.By);
        RowReader reader = new(conditions.Measurement, query.Columns);
        bool known = latest.Depth <= KnownTimes && conditions.OnRows.Count == 0 && series.TrueForAll(one => one.Newest < finish);
        IEnumerable<StoreRow> rows = known
            ? ByKnownTimes(session, conditions.Measurement, reader, groups, latest.Depth, start)
            : ByScan(session, conditions, reader, series, groups, latest.Depth, start, finish);
        return rows.Skip(query.Skip).Take(query.Limit ?? int.MaxValue);
    }

    private static IEnumerable<StoreRow> ByKnownTimes(
        SqliteSession session, StoredMeasurement measurement, RowReader reader, List<SeriesGroup> groups, int depth, long start)
    {
        using SqliteStatement statement = session.Prepare(SqliteRenderer.Row(measurement, reader.Fields));
        foreach (SeriesGroup group in groups)
        {
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

    private static IEnumerable<StoreRow> ByScan(
        SqliteSession session,
        Conditions conditions,
        RowReader reader,
        List<StoredSeries> series,
        List<SeriesGroup> groups,
        int depth,
        long start,
        long finish)
    {
        if (series.Count == 0)
        {
            return [];
        }

        Dictionary<long, int> groupOf = [];
        for (int i = 0; i < groups.Count; i++)
        {
            groups[i].Series.ForEach(one => groupOf.Add(one.Id, i));
        }

        List<StoreRow>[] found = Array.ConvertAll(new List<StoreRow>[groups.Count], _ => new List<StoreRow>());
        int open = groups.Count;
        RowSource source = new(session, conditions, series, conditions.OnSeries.Count == 0, start, finish, descending: true);
        using SqliteStatement statement = source.Select(reader.Fields).Prepare(session);
        while (open > 0 && statement.Step())
        {
            long id = statement.Int64(1);
            List<StoreRow> rows = found[groupOf[id]];
            if (rows.Count < depth)
            {
                rows.Add(reader.Read(statement, source.ById[id]));
                open -= rows.Count == depth ? 1 : 0;
            }
        }

        return found.SelectMany(rows => rows);
    }
}
