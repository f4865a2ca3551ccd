using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Infrastructure.Embedded;

/// <summary>One aggregate of one group, fed value by value. Whole numbers are summed exactly.</summary>
internal sealed class Accumulator(AggregateFunction function, bool newestFirst)
{
    private long _count;
    private Int128 _wholeSum;
    private double _floatSum;
    private bool _isFloat;
    private FieldValue _kept;

    /// <summary>Takes in the value of the next row; an absent one changes nothing.</summary>
    public void Add(in FieldValue value)
    {
        if (value.IsNull)
        {
            return;
        }

        _count++;
        switch (function)
        {
            case AggregateFunction.Average or AggregateFunction.Sum:
                AddNumber(value);
                break;
            case AggregateFunction.Minimum:
                Keep(value, _count == 1 || Compare(value, _kept) < 0);
                break;
            case AggregateFunction.Maximum:
                Keep(value, _count == 1 || Compare(value, _kept) > 0);
                break;
            case AggregateFunction.First:
                Keep(value, _count == 1 || newestFirst);
                break;
            case AggregateFunction.Last:
                Keep(value, _count == 1 || !newestFirst);
                break;
        }
    }

    /// <summary>Takes in a row of which only its being there counts.</summary>
    public void AddRow() => _count++;

    /// <summary>The result, and a fresh start.</summary>
    public FieldValue Take()
    {
        FieldValue result = function switch
        {
            AggregateFunction.Count => FieldValue.From(_count),
            AggregateFunction.Sum => Sum(),
            AggregateFunction.Average => Average(),
            _ => _kept,
        };
        _count = 0;
        _wholeSum = 0;
        _floatSum = 0;
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
                _count--;
                break;
        }
    }

    private FieldValue Sum()
    {
        if (_count == 0)
        {
            return default;
        }

        if (_isFloat)
        {
            return FieldValue.From(_floatSum);
        }

        return _wholeSum switch
        {
            _ when _wholeSum >= long.MinValue && _wholeSum <= long.MaxValue => FieldValue.From((long)_wholeSum),
            _ when _wholeSum > 0 && _wholeSum <= ulong.MaxValue => FieldValue.From((ulong)_wholeSum),
            _ => FieldValue.From((double)_wholeSum),
        };
    }

    private FieldValue Average() =>
        _count == 0 ? default : FieldValue.From((_isFloat ? _floatSum : (double)_wholeSum) / _count);

    private void Keep(in FieldValue value, bool better)
    {
        if (better)
        {
            _kept = value;
        }
    }

    /// <summary>Values of one column are of one type.</summary>
    private static int Compare(in FieldValue a, in FieldValue b) => a.Kind switch
    {
        FieldKind.String => string.CompareOrdinal(a.AsString(), b.AsString()),
        FieldKind.Float => a.AsDouble()!.Value.CompareTo(b.AsDouble()!.Value),
        FieldKind.Unsigned => ((ulong)a.ToObject()!).CompareTo((ulong)b.ToObject()!),
        _ => a.AsInt64()!.Value.CompareTo(b.AsInt64()!.Value),
    };
}
