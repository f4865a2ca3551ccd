using System.Runtime.InteropServices;
using VmStats.Points;

namespace VmStats.Stores;

/// <summary>Computes aggregates from rows in time order, for servers that can't compute them.</summary>
internal sealed class RowFolder(Aggregation aggregation, IReadOnlyList<string> groupBy, IReadOnlyList<Aggregate> aggregates)
{
    private readonly Dictionary<GroupKey, Accumulator[]> _groups = [];
    private readonly Dictionary<GroupKey, RateReader> _rates = [];
    private readonly RowLayout _layout = new([.. groupBy, .. aggregates.Select(aggregate => aggregate.Name)]);

    /// <summary>Adds a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="start">The start of the range. Rows before it are used only as the previous row of a rate.</param>
    public void Add(StoreRow row, long? start = null)
    {
        if (aggregation.Rates is { } rates)
        {
            AddRate(row, row[rates.Counter], row.Time < start);
            return;
        }

        Accumulator[] accumulators = Group(row, Bucket(row.Time));
        for (int i = 0; i < aggregates.Count; i++)
        {
            if (aggregates[i].Column is { } column)
            {
                accumulators[i].Add(row[column]);
            }
            else
            {
                accumulators[i].AddRows(1);
            }
        }
    }

    /// <summary>Returns the aggregated rows, one per bucket and group, in time order.</summary>
    public IEnumerable<StoreRow> Rows(bool descending)
    {
        IEnumerable<KeyValuePair<GroupKey, Accumulator[]>> sorted = descending
            ? _groups.OrderByDescending(group => group.Key.Time)
            : _groups.OrderBy(group => group.Key.Time);
        foreach ((GroupKey key, Accumulator[] accumulators) in sorted)
        {
            yield return new StoreRow(_layout, key.Time, [.. key.Values, .. accumulators.Select(accumulator => accumulator.Result)]);
        }
    }

    private void AddRate(StoreRow row, FieldValue value, bool isLeadIn)
    {
        GroupKey series = GroupKey.Of(null, groupBy, row);
        ref RateReader reader = ref CollectionsMarshal.GetValueRefOrAddDefault(_rates, series, out _);
        FieldValue rate = reader.Next(row.Time ?? 0, value);
        if (rate.IsNull || isLeadIn)
        {
            return;
        }

        foreach (Accumulator accumulator in Group(row, Bucket(row.Time)))
        {
            accumulator.Add(rate);
        }
    }

    private long? Bucket(long? time) =>
        aggregation.Interval is long width && time is long at ? UnixTime.Floor(at, width) : null;

    private Accumulator[] Group(StoreRow row, long? bucket)
    {
        GroupKey key = GroupKey.Of(bucket, groupBy, row);
        if (!_groups.TryGetValue(key, out Accumulator[]? accumulators))
        {
            accumulators = aggregates.Select(aggregate => new Accumulator(aggregate.Function)).ToArray();
            _groups.Add(key, accumulators);
        }

        return accumulators;
    }
}
