using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Aggregates per bucket and group. The rows come in the order of time and are folded here: a bucket is complete when
/// the next begins, so that memory holds one bucket, and SQLite needs no sorting (twice as fast as its GROUP BY).
/// </summary>
internal static class AggregateQuery
{
    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query) =>
        Fold(session, conditions, query).Skip(query.Skip).Take(query.Limit ?? int.MaxValue);

    private static IEnumerable<StoreRow> Fold(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        Aggregation aggregation = query.Aggregation!;
        long start = query.Start ?? long.MinValue;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        if (series.Count == 0)
        {
            yield break;
        }

        string[] by = aggregation.GroupBy.Distinct(StringComparer.Ordinal).ToArray();
        AggregateInputs inputs = new(conditions.Measurement, aggregation.Aggregates);
        Dictionary<long, AggregateGroup> groups = Groups(series, conditions.Measurement, by, aggregation, query.Descending);
        RowLayout layout = new(by.Concat(aggregation.Aggregates.Select(aggregate => aggregate.Name)));
        RowSource source = new(session, conditions, series, conditions.OnSeries.Count == 0, start, finish, query.Descending);
        SortedSet<AggregateGroup> touched = new(Comparer<AggregateGroup>.Create((a, b) => a.Place.CompareTo(b.Place)));
        long? bucket = null;
        using SqliteStatement statement = source.Select(inputs.Fields).Prepare(session);
        while (statement.Step())
        {
            long? next = aggregation.Interval is long interval ? UnixTime.Floor(statement.Int64(0), interval) : null;
            if (next != bucket)
            {
                foreach (AggregateGroup complete in touched)
                {
                    yield return complete.Take(layout, bucket);
                }

                touched.Clear();
                bucket = next;
            }

            long id = statement.Int64(1);
            AggregateGroup group = groups[id];
            if (group.Add(statement, inputs, source.ById[id]))
            {
                touched.Add(group);
            }
        }

        foreach (AggregateGroup complete in touched)
        {
            yield return complete.Take(layout, bucket);
        }
    }

    private static Dictionary<long, AggregateGroup> Groups(
        List<StoredSeries> series, StoredMeasurement measurement, string[] by, Aggregation aggregation, bool newestFirst)
    {
        Dictionary<long, AggregateGroup> groups = [];
        foreach (SeriesGroup group in SeriesGroups.Of(series, measurement, by))
        {
            AggregateGroup state = new(group.Key, groups.Count, aggregation.Aggregates, newestFirst);
            group.Series.ForEach(one => groups.Add(one.Id, state));
        }

        return groups;
    }
}
