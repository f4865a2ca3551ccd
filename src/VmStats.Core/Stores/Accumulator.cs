using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores;

/// <summary>Folds the values of one column, in order of time, into one aggregate. Exact; an integer sum that outgrows 64 bits goes on as a float.</summary>
internal sealed class Accumulator(AggregateFunction function)
{
    private FieldValue _value;
    private long _count;
    private double _sum;

    /// <summary>The aggregate so far; absent when no value was seen (a count is 0).</summary>
    public FieldValue Result => function switch
    {
        AggregateFunction.Count => FieldValue.From(_count),
        AggregateFunction.Average => _count == 0 ? default : FieldValue.From(_sum / _count),
        _ => _value,
    };

    /// <summary>Adds so many rows, for a count of rows.</summary>
    public void AddRows(long rows) => _count += rows;

    /// <summary>Adds a value that is not older than those before it.</summary>
    public void Add(FieldValue value)
    {
        if (value.IsNull)
        {
            return;
        }

        switch (function)
        {
            case AggregateFunction.Count:
                break;
            case AggregateFunction.Average:
                _sum += value.AsDouble() ?? 0;
                break;
            case AggregateFunction.Sum:
                _value = _value.IsNull ? value : Sum(_value, value);
                break;
            case AggregateFunction.Minimum:
                _value = _value.IsNull || Compare(value, _value) < 0 ? value : _value;
                break;
            case AggregateFunction.Maximum:
                _value = _value.IsNull || Compare(value, _value) > 0 ? value : _value;
                break;
            case AggregateFunction.First:
                _value = _value.IsNull ? value : _value;
                break;
            default:
                _value = value;
                break;
        }

        _count++;
    }

    private static FieldValue Sum(FieldValue left, FieldValue right)
    {
        if (left.Kind == FieldKind.Integer && right.Kind == FieldKind.Integer)
        {
            Int128 sum = (Int128)left.AsInt64()!.Value + right.AsInt64()!.Value;
            return sum >= long.MinValue && sum <= long.MaxValue ? FieldValue.From((long)sum) : FieldValue.From((double)sum);
        }

        if (left.ToObject() is ulong a && right.ToObject() is ulong b)
        {
            return a <= ulong.MaxValue - b ? FieldValue.From(a + b) : FieldValue.From((double)a + b);
        }

        return FieldValue.From((left.AsDouble() ?? 0) + (right.AsDouble() ?? 0));
    }

    private static int Compare(FieldValue left, FieldValue right)
    {
        if (left.AsString() is { } a && right.AsString() is { } b)
        {
            return string.CompareOrdinal(a, b);
        }

        return left.AsInt64() is long x && right.AsInt64() is long y
            ? x.CompareTo(y)
            : (left.AsDouble() ?? 0).CompareTo(right.AsDouble() ?? 0);
    }
}
