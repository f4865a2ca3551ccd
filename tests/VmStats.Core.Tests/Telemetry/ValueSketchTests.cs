using VmStats.Telemetry.Rollups;

namespace VmStats.Core.Tests.Telemetry;

public sealed class ValueSketchTests
{
    [Theory]
    [InlineData(1, 50, 0)]
    [InlineData(2, 50, 0)]
    [InlineData(3, 50, 1)]
    [InlineData(100, 95, 94)]
    [InlineData(101, 95, 95)]
    [InlineData(10, 99, 9)]
    [InlineData(long.MaxValue, 100, long.MaxValue - 1)]
    public void Nearest_rank_is_the_first_value_that_enough_do_not_exceed(long count, int percent, long rank) =>
        Assert.Equal(rank, Percentile.Rank(percent, count));

    [Theory]
    [InlineData(ValueSketch.MaximumExactValues, 0)]
    [InlineData(50_000, ValueSketch.RelativeError)]
    public void Percentiles_are_as_near_as_is_said(int count, double error)
    {
        // Nine decades, zeros among them: the worst that metrics do.
        Random random = new(7);
        double[] values = Enumerable.Range(0, count).Select(i => i % 50 == 0 ? 0 : Math.Pow(10, random.NextDouble() * 9)).ToArray();
        ValueSketch sketch = new();
        Array.ForEach(values, sketch.Add);
        Array.Sort(values);
        Assert.Equal(error == 0, sketch.IsExact);
        Assert.Equal((values[0], values[^1], count), (sketch.Minimum, sketch.Maximum, sketch.Count));
        foreach (int percent in new[] { 1, 2, 3, 50, 90, 95, 99, 100 })
        {
            double exact = values[Percentile.Rank(percent, count)];
            Assert.InRange(sketch.Percentile(percent), exact * (1 - error), exact * (1 + error));
        }
    }

    [Fact]
    public void What_is_no_value_is_passed_over()
    {
        ValueSketch sketch = new();
        Assert.True(double.IsNaN(sketch.Percentile(50)) && double.IsNaN(sketch.Minimum));
        Array.ForEach([double.NaN, -1, double.PositiveInfinity], sketch.Add);
        Assert.Equal(0, sketch.Count);
        sketch.Add(3);
        Assert.Equal((3, 3, 3), (sketch.Percentile(50), sketch.Minimum, sketch.Maximum));
    }

    [Theory]
    [InlineData(1, "00:00:10")]
    [InlineData(20, "00:00:10")]
    [InlineData(60, "00:00:30")]
    [InlineData(61, "00:01:00")]
    [InlineData(24 * 60, "00:15:00")]
    [InlineData(7 * 24 * 60, "03:00:00")]
    [InlineData(365 * 24 * 60, "4.00:00:00")]
    public void An_automatic_width_gives_some_hundred_and_twenty_buckets_at_most(int minutes, string width) =>
        Assert.Equal(width, AutoInterval.For(TimeSpan.FromMinutes(minutes)).ToString());
}
