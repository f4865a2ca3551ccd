using VmStats.Points;

namespace VmStats.Core.Tests.Points;

/// <summary>A duration survives being kept as seconds in a double, to the tick.</summary>
public sealed class DurationSecondsTests
{
    [Fact]
    public void A_duration_is_the_same_after_it_was_written_as_seconds()
    {
        Random random = new(1);
        foreach (long ticks in Enumerable.Range(0, 10_000).Select(_ => random.NextInt64(TimeSpan.FromDays(30).Ticks)).Append(861_559))
        {
            TimeSpan duration = new(ticks);
            Assert.Equal(duration, Duration.OfSeconds(duration.TotalSeconds));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void What_is_no_duration_is_null(double? seconds) => Assert.Null(Duration.OfSeconds(seconds));
}
