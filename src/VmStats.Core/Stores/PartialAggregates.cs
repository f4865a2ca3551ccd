using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// Makes the aggregates of a range from those of its parts. Counts, sums, extremes, first and last are exact; an average is
/// weighted by the parts' counts, which differs from the one over all values by rounding only (a few units in the
/// sixteenth digit).
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

    /// <summary>Prepares the merging of rows that come in order of time.</summary>
    public PartialAggregates(QueryPlan plan)
    {
        _groupBy = plan.GroupBy;
        _aggregates = plan.Aggregates;
        _descending = plan.Query.Descending;
        _layout = new RowLayout([.. _groupBy, .. _aggregates.Select(aggregate => aggregate.Name)]);
    }

    /// <summary>What is to be asked of a part.</summary>
    public Aggregation Parts(Aggregation whole) => whole with
    {
        Aggregates =
        [
            .. _aggregates,
            .. _aggregates.Where(aggregate => aggregate.Function == AggregateFunction.Average)
                .Select(aggregate => new Aggregate(AggregateFunction.Count, aggregate.Column, CountPrefix + aggregate.Name)),
        ],
    };

    /// <summary>Adds a row of a part, and returns the rows that this completes: those of the previous bucket.</summary>
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

/// <summary>The order of groups in InfluxDB 3's answers: by their tags, rows without one last.</summary>
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
