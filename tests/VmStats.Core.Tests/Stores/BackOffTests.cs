using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>One answer to how long to wait before something is tried again.</summary>
public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(3, 40)]
    [InlineData(4, 60)]
    [InlineData(100_000, 60)]
    public void The_wait_doubles_up_to_a_minute(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BackOff.After(failures, TimeSpan.FromSeconds(10)));

    [Fact]
    public void Who_asks_for_other_limits_has_them()
    {
        Assert.Equal(TimeSpan.FromSeconds(30), BackOff.After(9, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)));
        Assert.Equal(TimeSpan.FromSeconds(60), BackOff.FromRetryAfter(TimeSpan.FromHours(1)));
        Assert.Equal(TimeSpan.FromSeconds(5), BackOff.FromRetryAfter(TimeSpan.FromSeconds(5)));
        Assert.Equal(TimeSpan.FromMinutes(15), BackOff.FromRetryAfter(TimeSpan.MaxValue, TimeSpan.FromMinutes(15)));
    }
}
