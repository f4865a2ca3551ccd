using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>One aggregate for all stores that have to compute it here.</summary>
public sealed class AccumulatorTests
{
    public static TheoryData<object, object?[], object?> Cases => new()
    {
        // Beyond 64 bits and back: a sum that went on as a float would have lost the last digit.
        { AggregateFunction.Sum, [long.MaxValue, 10L, -20L], long.MaxValue - 10 },
        { AggregateFunction.Sum, [long.MaxValue, long.MaxValue], ulong.MaxValue - 1 },
        { AggregateFunction.Sum, [ulong.MaxValue, ulong.MaxValue], 36_893_488_147_419_103_230.0 },
        { AggregateFunction.Sum, [ulong.MaxValue, 1UL, -1L], ulong.MaxValue },
        { AggregateFunction.Sum, [1L, 0.5], 1.5 },
        { AggregateFunction.Sum, [], null },
        { AggregateFunction.Sum, ["x", true, null], null },
        { AggregateFunction.Average, [1L, 2L, null], 1.5 },
        { AggregateFunction.Average, [9_007_199_254_740_993L, 9_007_199_254_740_993L, -9_007_199_254_740_993L, -9_007_199_254_740_990L], 0.75 },
        { AggregateFunction.Average, [4.0, "text"], 4.0 },
        { AggregateFunction.Average, [4L, 1.0], 2.5 },
        { AggregateFunction.Count, [1L, "text", null, false], 3L },
        { AggregateFunction.Minimum, [3UL, ulong.MaxValue], 3UL },
        { AggregateFunction.Maximum, [ulong.MaxValue, ulong.MaxValue - 1], ulong.MaxValue },
        { AggregateFunction.Maximum, [1L, 1.5], 1.5 },
        { AggregateFunction.Minimum, ["b", "a"], "a" },
        { AggregateFunction.Maximum, [false, true], true },
        { AggregateFunction.First, [null, 7L, 8L], 7L },
        { AggregateFunction.Last, [7L, 8L, null], 8L },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_aggregate_of_values_in_order_of_time(object function, object?[] values, object? expected)
    {
        Accumulator accumulator = new((AggregateFunction)function);
        Feed(accumulator, values);
        Assert.Equal(expected, accumulator.Result.ToObject());
    }

    [Theory]
    [InlineData(AggregateFunction.First, 8L)]
    [InlineData(AggregateFunction.Last, 7L)]
    public void Newest_first_the_first_is_the_last(object function, long expected)
    {
        Accumulator accumulator = new((AggregateFunction)function, newestFirst: true);
        Feed(accumulator, [7L, 8L]);
        Assert.Equal(expected, accumulator.Result.ToObject());
    }

    [Fact]
    public void What_was_taken_leaves_nothing_behind()
    {
        Accumulator sum = new(AggregateFunction.Sum);
        Feed(sum, [0.5]);
        Assert.Equal(0.5, sum.GetAndReset().ToObject());
        Assert.Null(sum.GetAndReset().ToObject());
        Feed(sum, [2L]);
        Assert.Equal(2L, sum.GetAndReset().ToObject());
    }

    private static void Feed(Accumulator accumulator, object?[] values)
    {
        foreach (object? value in values)
        {
            accumulator.Add(value switch
            {
                long number => FieldValue.From(number),
                ulong number => FieldValue.From(number),
                double number => FieldValue.From(number),
                bool truth => FieldValue.From(truth),
                _ => FieldValue.From((string?)value),
            });
        }
    }
}
