using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Computes aggregates per bucket and group. The rows are read in time order and aggregated here: a bucket is complete when
/// the next one begins, so only one bucket is in memory and SQLite doesn't have to sort (twice as fast as its GROUP BY).
/// </summary>
internal static class AggregateQuery
{
    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        // A rate is computed at the later of two rows, so the rows are read oldest first even if the result is newest first.
        IEnumerable<StoreRow> rows = query is { Descending: true, Aggregation.Rates: not null }
            ? Fold(session, conditions, query with { Descending = false }).OrderByDescending(row => row.Time)
            : Fold(session, conditions, query);
        return rows.Skip(query.Skip).Take(query.Limit ?? int.MaxValue);
    }

    private static IEnumerable<StoreRow> Fold(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        Aggregation aggregation = query.Aggregation!;
        long first = query.Start ?? long.MinValue;
        long start = query.Start is long bound && aggregation.Rates is { } rates ? bound - rates.LeadIn : first;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        if (series.Count == 0)
        {
            yield break;
        }

        string[] by = aggregation.GroupBy.Distinct(StringComparer.Ordinal).ToArray();
        AggregateInputs inputs = new(conditions.Measurement, aggregation);
        Dictionary<long, AggregateGroup> groups = Groups(series, conditions.Measurement, by, aggregation, query.Descending);
        RowLayout layout = new(by.Concat(aggregation.Aggregates.Select(aggregate => aggregate.Name)));
        RowSource source = new(session, conditions, series, conditions.OnSeries.Count == 0, start, finish, query.Descending);
        SortedSet<AggregateGroup> touched = new(Comparer<AggregateGroup>.Create((a, b) => a.Position.CompareTo(b.Position)));
        long? bucket = null;
        using SqliteStatement statement = source.Select(inputs.Fields).Prepare(session);
        while (statement.Step())
        {
            long time = statement.Int64(0);
            AggregateGroup group = groups[statement.Int64(1)];
            if (!inputs.Read(statement, group, time) || time < first)
            {
                continue;
            }

            long? next = aggregation.Interval is long interval ? UnixTime.Floor(time, interval) : null;
            if (next != bucket)
            {
                foreach (AggregateGroup complete in touched)
                {
                    yield return complete.Take(layout, bucket);
                }

                touched.Clear();
                bucket = next;
            }

            if (group.Add(inputs, source.ById[statement.Int64(1)]))
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
            AggregateGroup state = new(group.Key.Values, groups.Count, aggregation.Aggregates, newestFirst);
            group.Series.ForEach(one => groups.Add(one.Id, state));
        }

        return groups;
    }
}
