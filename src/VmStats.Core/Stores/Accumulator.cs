using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// Computes one aggregate of one group from values that are added in time order. Integers are summed exactly. As on the servers,
/// a sum or an average ignores values that aren't numbers, and is absent if there are no numbers.
/// </summary>
/// <param name="function">The aggregate.</param>
/// <param name="newestFirst">True if the values are added newest first.</param>
internal sealed class Accumulator(AggregateFunction function, bool newestFirst = false)
{
    private long _count;
    private Int128 _wholeSum;
    private double _floatSum;
    private bool _isFloat;
    private FieldValue _kept;

    /// <summary>The aggregate so far; absent when no value was seen (a count is 0).</summary>
    public FieldValue Result => function switch
    {
        AggregateFunction.Count => FieldValue.From(_count),
        AggregateFunction.Sum => Sum(),
        AggregateFunction.Average => _count == 0 ? default : FieldValue.From((_floatSum + (double)_wholeSum) / _count),
        _ => _kept,
    };

    /// <summary>Adds a number of rows to the count, regardless of their values.</summary>
    public void AddRows(long rows) => _count += rows;

    /// <summary>Adds the value of the next row; an absent one changes nothing.</summary>
    public void Add(in FieldValue value)
    {
        if (value.IsNull)
        {
            return;
        }

        switch (function)
        {
            case AggregateFunction.Average or AggregateFunction.Sum:
                AddNumber(value);
                return;
            case AggregateFunction.Minimum:
                Keep(value, _count == 0 || Compare(value, _kept) < 0);
                break;
            case AggregateFunction.Maximum:
                Keep(value, _count == 0 || Compare(value, _kept) > 0);
                break;
            case AggregateFunction.First:
                Keep(value, _count == 0 || newestFirst);
                break;
            case AggregateFunction.Last:
                Keep(value, _count == 0 || !newestFirst);
                break;
        }

        _count++;
    }

    /// <summary>Returns the aggregate and resets the accumulator.</summary>
    public FieldValue GetAndReset()
    {
        FieldValue result = Result;
        _count = 0;
        _wholeSum = 0;
        _floatSum = 0;
        _isFloat = false;
        _kept = default;
        return result;
    }

    private void AddNumber(in FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Integer:
                _wholeSum += value.AsInt64()!.Value;
                break;
            case FieldKind.Unsigned:
                _wholeSum += (ulong)value.ToObject()!;
                break;
            case FieldKind.Float:
                _isFloat = true;
                _floatSum += value.AsDouble()!.Value;
                break;
            default:
                return;
        }

        _count++;
    }

    private FieldValue Sum() => _wholeSum switch
    {
        _ when _count == 0 => default,
        _ when _isFloat => FieldValue.From(_floatSum + (double)_wholeSum),
        _ when _wholeSum >= long.MinValue && _wholeSum <= long.MaxValue => FieldValue.From((long)_wholeSum),
        _ when _wholeSum > 0 && _wholeSum <= ulong.MaxValue => FieldValue.From((ulong)_wholeSum),
        _ => FieldValue.From((double)_wholeSum),
    };

    private void Keep(in FieldValue value, bool isBetter)
    {
        if (isBetter)
        {
            _kept = value;
        }
    }

    // Values of a column normally have the same type; in InfluxDB 1.x, the type of a column can differ between shards.
    private static int Compare(in FieldValue a, in FieldValue b) => (a.Kind, b.Kind) switch
    {
        (FieldKind.Float, FieldKind.Float) => a.AsDouble()!.Value.CompareTo(b.AsDouble()!.Value),
        (FieldKind.Unsigned, FieldKind.Unsigned) => ((ulong)a.ToObject()!).CompareTo((ulong)b.ToObject()!),
        (FieldKind.String, FieldKind.String) => string.CompareOrdinal(a.AsString(), b.AsString()),
        _ when a.AsInt64() is long x && b.AsInt64() is long y => x.CompareTo(y),
        _ => (a.AsDouble() ?? 0).CompareTo(b.AsDouble() ?? 0),
    };
}
