using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>The state of one group in the current bucket.</summary>
internal sealed class AggregateGroup
{
    private readonly FieldValue[] _key;
    private readonly IReadOnlyList<Aggregate> _aggregates;
    private readonly Accumulator[] _accumulators;
    private RateReader _rates;
    private bool _isTouched;

    public AggregateGroup(FieldValue[] key, int position, IReadOnlyList<Aggregate> aggregates, bool newestFirst)
    {
        _key = key;
        Position = position;
        _aggregates = aggregates;
        _accumulators = aggregates.Select(aggregate => new Accumulator(aggregate.Function, newestFirst)).ToArray();
    }

    /// <summary>Gets the position of the group in the result order.</summary>
    public int Position { get; }

    /// <summary>Returns the rate of a counter since the previous row of this group.</summary>
    public FieldValue Rate(long time, in FieldValue value) => _rates.Next(time, value);

    /// <summary>Adds the current row; returns true if it is the first row of this group in the bucket.</summary>
    public bool Add(AggregateInputs inputs, StoredSeries series)
    {
        for (int i = 0; i < _accumulators.Length; i++)
        {
            if (_aggregates[i].Column is null)
            {
                _accumulators[i].AddRows(1);
            }
            else
            {
                _accumulators[i].Add(inputs.ValueFor(i, series));
            }
        }

        bool first = !_isTouched;
        _isTouched = true;
        return first;
    }

    /// <summary>Returns the result row of the bucket and resets the state for the next bucket.</summary>
    public StoreRow Take(RowLayout layout, long? bucket)
    {
        FieldValue[] values = new FieldValue[_key.Length + _accumulators.Length];
        _key.CopyTo(values, 0);
        for (int i = 0; i < _accumulators.Length; i++)
        {
            values[_key.Length + i] = _accumulators[i].GetAndReset();
        }

        _isTouched = false;
        return new StoreRow(layout, bucket, values);
    }
}
