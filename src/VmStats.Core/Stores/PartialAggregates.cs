using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// Combines the aggregates of the parts of a range into those of the whole range. Count, sum, minimum, maximum, first and last are
/// exact; an average is weighted by the counts of the parts, which differs from the average over all values only by rounding
/// (a few units in the sixteenth digit).
/// </summary>
internal sealed class PartialAggregates
{
    private const string CountPrefix = "vmstats count ";
    private readonly List<string> _groupBy;
    private readonly List<Aggregate> _aggregates;
    private readonly RowLayout _layout;
    private readonly bool _descending;
    private readonly Dictionary<GroupKey, Part[]> _groups = [];
    private long? _bucket;

    /// <summary>Creates an instance for rows that are added in time order.</summary>
    public PartialAggregates(QueryPlan plan)
    {
        _groupBy = plan.GroupBy;
        _aggregates = plan.Aggregates;
        _descending = plan.Query.Descending;
        _layout = new RowLayout([.. _groupBy, .. _aggregates.Select(aggregate => aggregate.Name)]);
    }

    /// <summary>Returns the aggregation to query for each part: that of the whole, and a count for each average.</summary>
    public Aggregation Parts(Aggregation whole) => whole with
    {
        Aggregates =
        [
            .. _aggregates,
            .. _aggregates.Where(aggregate => aggregate.Function == AggregateFunction.Average)
                .Select(aggregate => new Aggregate(AggregateFunction.Count, aggregate.Column, CountPrefix + aggregate.Name)),
        ],
    };

    /// <summary>Adds a row of a part. When the row starts a new bucket, returns the rows of the previous bucket, which are then complete.</summary>
    public IReadOnlyList<StoreRow> Add(StoreRow row)
    {
        IReadOnlyList<StoreRow> complete = row.Time == _bucket ? [] : Rows();
        _bucket = row.Time;
        GroupKey key = GroupKey.Of(row.Time, _groupBy, row);
        if (!_groups.TryGetValue(key, out Part[]? merged))
        {
            _groups.Add(key, merged = _aggregates.Select(aggregate => new Part(aggregate.Function, _descending)).ToArray());
        }

        for (int i = 0; i < merged.Length; i++)
        {
            string name = _aggregates[i].Name;
            merged[i].Add(row[name], row[CountPrefix + name].AsInt64() ?? 0);
        }

        return complete;
    }

    /// <summary>Returns the rows of the last bucket.</summary>
    public IReadOnlyList<StoreRow> Rows()
    {
        StoreRow[] rows = [.. _groups
            .OrderBy(group => group.Key.Values, TagOrder.Instance)
            .Select(group => new StoreRow(_layout, group.Key.Time, [.. group.Key.Values, .. group.Value.Select(part => part.Result)]))];
        _groups.Clear();
        return rows;
    }

    private sealed class Part(AggregateFunction function, bool descending)
    {
        private readonly Accumulator _accumulator = new(function switch
        {
            AggregateFunction.Count => AggregateFunction.Sum,
            AggregateFunction.First when descending => AggregateFunction.Last,
            AggregateFunction.Last when descending => AggregateFunction.First,
            _ => function,
        });

        private FieldValue _only;
        private double _sum;
        private long _count;
        private int _parts;

        public FieldValue Result => function switch
        {
            AggregateFunction.Count => _accumulator.Result.IsNull ? FieldValue.From(0L) : _accumulator.Result,
            AggregateFunction.Average => _parts > 1 ? FieldValue.From(_sum / _count) : _only,
            _ => _accumulator.Result,
        };

        public void Add(FieldValue value, long count)
        {
            if (function != AggregateFunction.Average)
            {
                _accumulator.Add(value);
            }
            else if (value.AsDouble() is double average && count > 0)
            {
                _only = value;
                _sum += average * count;
                _count += count;
                _parts++;
            }
        }
    }
}

/// <summary>The order of groups in InfluxDB 3's results: by their tags, rows without a tag last.</summary>
internal sealed class TagOrder : IComparer<FieldValue[]>
{
    public static TagOrder Instance { get; } = new();

    public int Compare(FieldValue[]? x, FieldValue[]? y)
    {
        for (int i = 0; i < x!.Length; i++)
        {
            int order = (x[i].AsString(), y![i].AsString()) switch
            {
                (null, null) => 0,
                (null, _) => 1,
                (_, null) => -1,
                var (left, right) => string.CompareOrdinal(left, right),
            };
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
