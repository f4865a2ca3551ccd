using VmStats.Collection;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Hypervisors.Simulated;
using VmStats.Points;
using static VmStats.Core.Tests.Collection.CollectorFixture;

namespace VmStats.Core.Tests.Collection;

/// <summary>The collector when VMs come and go, and when the hypervisor fails.</summary>
public sealed class CollectorHypervisorTests : AsyncTest
{
    private readonly CollectorFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_vm_that_disappears_and_comes_back_leaves_a_hole_and_no_wrong_rate()
    {
        await using FaultyHypervisor hypervisor = new((poll, fleet) => Running(poll, fleet)
            .Where(vm => vm.Vm.Name != "vm1" || poll is < 4 or > 6)
            .Select(vm => poll > 6 && vm.Vm.Name == "vm1" ? vm with { Vm = vm.Vm with { Id = 99 } } : vm)
            .ToArray());
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, 8));
        Assert.Equal((TelemetryCollectorState.Stopped, 8L, 0L, 21L), (status.State, status.Polls, status.Errors, status.PointsWritten));
        Assert.Equal(3, status.VmsMonitored);
        Assert.Empty(_fixture.Warnings);

        List<VmTelemetry> samples = await _fixture.SamplesAsync();
        List<VmTelemetry> gone = samples.FindAll(sample => sample.Name == "vm1");
        Assert.Equal([1, 2, 3, 7, 8], gone.Select(Poll));
        Assert.Equal([null, 10.0, 10.0, null, 10.0], gone.Select(sample => sample.CpuPercent));
        Assert.Equal(TelemetryQuality.Reset, gone[3].Quality);
        Assert.All(
            samples.Where(sample => sample.Name != "vm1").Skip(2),
            sample => Assert.Equal((10.0, TelemetryQuality.Ok), (sample.CpuPercent, sample.Quality)));
    }

    [Fact]
    public async Task A_hypervisor_that_fails_is_asked_again_and_told_of_once()
    {
        await using FaultyHypervisor hypervisor = new((poll, fleet) => poll is >= 3 and <= 5 ? throw FaultyHypervisor.Unreachable : Running(poll, fleet));
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, 8));
        Assert.Equal((TelemetryCollectorState.Stopped, 5L, 3L), (status.State, status.Polls, status.Errors));
        Assert.Equal(FaultyHypervisor.Unreachable.Message, status.LastError);
        Assert.Equal(2, _fixture.Warnings.Count);
        Assert.Contains(FaultyHypervisor.Unreachable.Message, _fixture.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("responds again", _fixture.Warnings[1], StringComparison.Ordinal);
        Assert.Equal([1, 2, 6, 7, 8], (await _fixture.SamplesAsync()).Where(sample => sample.Name == "vm0").Select(Poll));
    }

    [Fact]
    public async Task Polls_that_are_made_up_for_at_once_have_each_its_own_time()
    {
        // Due all at once: the clock is always ahead of the polls, and a poll takes less than the millisecond that a fleet's times are whole in.
        await using SimulatedHypervisor hypervisor = new("sim://late", SimulatedFleetOptions.Parse("sim://late?vms=1&seed=1"));
        TelemetryCollectorOptions options = _fixture.Options(hypervisor, _fixture.Store, 200) with { Interval = TimeSpan.FromTicks(1), BatchMaxLines = 1000 };
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(options);
        Assert.Equal(200, status.Polls);
        Assert.Equal(200, (await _fixture.SamplesAsync()).Count);
    }

    [Fact]
    public async Task A_poll_that_hangs_is_given_up_and_the_next_one_counts()
    {
        ManualTime clock = new(DateTimeOffset.UnixEpoch);
        await using FaultyHypervisor hypervisor = new(async (poll, fleet, cancellationToken) =>
        {
            if (poll == 2)
            {
                clock.Advance(TimeSpan.FromSeconds(31));
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Running(poll, fleet);
        });
        TelemetryCollectorOptions options = _fixture.Options(hypervisor, _fixture.Store, 3) with
        {
            Clock = clock,
            PollTimeout = TimeSpan.FromSeconds(30),
        };
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(options);
        Assert.Equal((2L, 1L), (status.Polls, status.Errors));
        Assert.Equal("The hypervisor test://faulty has not answered a poll within 30 s.", status.LastError);
    }

    [Fact]
    public async Task A_defect_ends_the_collector_with_its_words_and_what_was_polled_is_written()
    {
        await using FaultyHypervisor hypervisor = new((poll, fleet) =>
            poll == 3 ? throw new InvalidOperationException("a defect") : Running(poll, fleet));
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, null));
        Assert.Equal((TelemetryCollectorState.Failed, "a defect", 6L), (status.State, status.LastError, status.PointsWritten));
        Assert.NotNull(status.EndedAt);
        Assert.Contains("a defect", Assert.Single(_fixture.Warnings), StringComparison.Ordinal);
        Assert.Equal(6, (await _fixture.SamplesAsync()).Count);
    }

    [Fact]
    public async Task Stopping_ends_a_poll_that_hangs_and_keeps_what_was_polled()
    {
        TaskCompletionSource hangs = new();
        await using FaultyHypervisor hypervisor = new(async (poll, fleet, cancellationToken) =>
        {
            if (poll == 3)
            {
                hangs.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Running(poll, fleet);
        });
        await using TelemetryCollector collector = _fixture.Start(_fixture.Options(hypervisor, _fixture.Store, null));
        await hangs.Task.WaitAsync(Ceiling);
        await collector.StopAsync(default).WaitAsync(Ceiling);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Equal((TelemetryCollectorState.Stopped, 0L, 6L, 0), (status.State, status.Errors, status.PointsWritten, status.QueueLength));
        Assert.Equal(6, (await _fixture.SamplesAsync()).Count);
        Assert.Throws<InvalidOperationException>(collector.Start);
    }

    private static int Poll(VmTelemetry sample) =>
        (int)((UnixTime.ToNanoseconds(sample.Time) - StoreFixture.T0) / StoreFixture.Second / 10);
}
