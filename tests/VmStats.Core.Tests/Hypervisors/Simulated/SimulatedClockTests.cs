using VmStats.Hypervisors.Simulated;

namespace VmStats.Core.Tests.Hypervisors.Simulated;

public sealed class SimulatedClockTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void It_begins_in_the_past_runs_fast_and_then_keeps_real_time()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.FromHours(1), speed: 601, real);
        Assert.Equal(s_now.AddHours(-1), clock.GetUtcNow());

        real.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(s_now.AddHours(-1).AddSeconds(3 * 601), clock.GetUtcNow());
        Assert.False(clock.HasCaughtUp);

        real.Advance(TimeSpan.FromSeconds(3));
        Assert.True(clock.HasCaughtUp);
        Assert.Equal(real.GetUtcNow(), clock.GetUtcNow());
        real.Advance(TimeSpan.FromDays(1));
        Assert.Equal(real.GetUtcNow(), clock.GetUtcNow());
    }

    [Fact]
    public void Without_history_it_is_the_real_clock()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.Zero, speed: 600, real);
        real.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(s_now.AddMinutes(2), clock.GetUtcNow());
    }

    [Fact]
    public void It_never_goes_back_where_it_meets_real_time()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.FromSeconds(10), speed: 7, real);
        DateTimeOffset last = clock.GetUtcNow();
        for (int i = 0; i < 400; i++)
        {
            real.Advance(TimeSpan.FromMilliseconds(7.3));
            DateTimeOffset now = clock.GetUtcNow();
            Assert.True(now > last, $"{now:O} after {last:O}");
            last = now;
        }
    }

    [Fact]
    public void A_periodic_timer_ticks_once_a_second_of_its_own_time()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.FromMinutes(10), speed: 61, real);
        List<DateTimeOffset> ticks = [];
        using ITimer timer = clock.CreateTimer(_ => ticks.Add(clock.GetUtcNow()), null, s_second, s_second);
        real.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(610, ticks.Count);
        Assert.All(ticks.Select((time, i) => time - (s_now.AddMinutes(-10) + (s_second * (i + 1)))), late =>
            Assert.InRange(late, TimeSpan.Zero, TimeSpan.FromMilliseconds(1)));

        // The clock has met real time: the same timer ticks with it now.
        ticks.Clear();
        real.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, ticks.Count);
    }

    [Fact]
    public void A_timer_set_before_the_meeting_and_due_after_it_is_on_time()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.FromSeconds(60), speed: 61, real);
        DateTimeOffset? fired = null;
        using ITimer timer = clock.CreateTimer(
            _ => fired = clock.GetUtcNow(), null, TimeSpan.FromSeconds(90), Timeout.InfiniteTimeSpan);
        real.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Null(fired);
        real.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(s_now.AddSeconds(30), fired);
    }

    [Fact]
    public void A_disposed_or_stopped_timer_is_silent()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.Zero, 1, real);
        int ticks = 0;
        ITimer disposed = clock.CreateTimer(_ => ticks++, null, s_second, s_second);
        using ITimer stopped = clock.CreateTimer(_ => ticks++, null, s_second, s_second);
        disposed.Dispose();
        Assert.False(disposed.Change(s_second, s_second));
        Assert.True(stopped.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        real.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, ticks);
    }

    [Fact]
    public async Task Delays_of_an_hour_pass_in_moments_on_a_fast_clock()
    {
        ManualTime real = new(s_now);
        SimulatedClock clock = new(TimeSpan.FromHours(2), speed: 100_000, real);
        Task delay = Task.Delay(TimeSpan.FromHours(1), clock);
        real.Advance(TimeSpan.FromMilliseconds(35.9));
        Assert.False(delay.IsCompleted);
        real.Advance(TimeSpan.FromMilliseconds(0.1));
        Assert.True(delay.IsCompletedSuccessfully);
        await delay;
        Assert.Equal(s_now.AddHours(-1), clock.GetUtcNow());
    }

    [Fact]
    public async Task Its_timers_wake_by_the_systems_clock_too()
    {
        SimulatedClock clock = new(TimeSpan.FromHours(2), speed: 100_000);
        DateTimeOffset start = clock.GetUtcNow();
        await Task.Delay(s_second, clock).WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(clock.GetUtcNow() - start >= s_second);
    }

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
}
