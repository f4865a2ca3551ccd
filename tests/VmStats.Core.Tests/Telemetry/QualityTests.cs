using VmStats.Telemetry.Series;
using static VmStats.Core.Tests.Telemetry.TelemetryTable;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>Gaps, silent VMs, and where a range begins and ends.</summary>
public sealed class QualityTests : AsyncTest
{
    private const string WebTags = "VMID=7,name=web,uuid=" + Web;
    private const string DbTags = "VMID=8,name=db,uuid=" + Db;

    private TelemetryTable _table = new();

    public override ValueTask DisposeAsync() => _table.DisposeAsync();

    [Fact]
    public async Task Missed_polls_are_a_gap_whose_rate_is_the_average_over_it()
    {
        _table.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (int second in new[] { 0, 10, 20, 30, 60, 70 })
        {
            await _table.WriteAsync(second, WebTags, ("net_rxbytes", second * 100));
        }

        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal(
            [TelemetryQuality.Ok, TelemetryQuality.Ok, TelemetryQuality.Ok, TelemetryQuality.Ok, TelemetryQuality.Gap, TelemetryQuality.Ok],
            range.Select(sample => sample.Quality));
        Assert.Equal((100.0, TimeSpan.FromSeconds(30)), (range[4].NetRxBytesPerSecond, range[4].Interval));
    }

    [Theory]
    [InlineData(17.9, TelemetryQuality.Ok)]
    [InlineData(20, TelemetryQuality.Gap)]
    public async Task One_missed_poll_is_a_gap_and_a_late_one_is_not(double spacing, TelemetryQuality expected)
    {
        foreach (int second in new[] { 0, 10, 20 })
        {
            await _table.WriteAsync(second, WebTags, ("cputime", second));
        }

        await _table.WriteAsync(20 + spacing, WebTags, ("cputime", 100));
        Assert.Equal(expected, (await _table.RangeAsync())[^1].Quality);
    }

    [Fact]
    public async Task A_changed_interval_is_a_gap_at_first_and_then_usual()
    {
        _table.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (int second in new[] { 0, 1, 2, 3, 4, 5, 35, 65, 95, 125, 155 })
        {
            await _table.WriteAsync(second, WebTags, ("cputime", second));
        }

        List<TelemetryQuality> qualities = (await _table.RangeAsync()).ConvertAll(sample => sample.Quality);
        Assert.Equal(TelemetryQuality.Gap, qualities[6]);
        Assert.Equal(TelemetryQuality.Ok, qualities[^1]);
    }

    [Fact]
    public async Task A_gap_that_is_a_reset_too_is_told_as_a_reset()
    {
        _table.Clock.Advance(TimeSpan.FromMinutes(5));
        foreach (int second in new[] { 0, 10, 20, 90 })
        {
            await _table.WriteAsync(second, WebTags, ("cputime", second == 90 ? 1 : 1_000 + second));
        }

        Assert.Equal(TelemetryQuality.Reset, (await _table.RangeAsync())[^1].Quality);
    }

    [Fact]
    public async Task The_latest_of_a_fleet_vouch_for_each_others_interval()
    {
        for (int vm = 0; vm < 3; vm++)
        {
            await _table.WriteAsync(vm == 2 ? 60 : 90, $"VMID={vm},name=vm{vm},uuid=" + Guid.NewGuid(), ("cputime", 1));
            await _table.WriteAsync(100, (await LastTagsAsync(vm)), ("cputime", 2));
        }

        _table.Clock.Advance(TimeSpan.FromSeconds(101));
        Assert.Equal(
            [("vm0", TelemetryQuality.Ok), ("vm1", TelemetryQuality.Ok), ("vm2", TelemetryQuality.Gap)],
            (await _table.LatestAsync()).Select(sample => (sample.Name, sample.Quality)));
    }

    [Theory]
    [InlineData(10, 50, 51)]
    [InlineData(1, 30, 31)]
    [InlineData(600, 900, 901)]
    public async Task A_vm_is_stale_after_five_intervals_within_bounds(int interval, int still, int stale)
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1));
        await _table.WriteAsync(interval, WebTags, ("cputime", 2));
        _table.Clock.Advance(TimeSpan.FromSeconds(interval + still));
        Assert.Equal(TelemetryQuality.Ok, Assert.Single(await _table.LatestAsync()).Quality);
        _table.Clock.Advance(TimeSpan.FromSeconds(stale - still));
        Assert.Equal(TelemetryQuality.Stale, Assert.Single(await _table.LatestAsync()).Quality);
    }

    [Fact]
    public async Task A_silent_vm_is_still_listed_beside_those_that_report()
    {
        foreach (int second in new[] { 0, 10 })
        {
            await _table.WriteAsync(second, DbTags, ("cputime", second));
        }

        foreach (int second in new[] { 980, 990 })
        {
            await _table.WriteAsync(second, WebTags, ("cputime", second));
        }

        _table.Clock.Advance(TimeSpan.FromSeconds(991));
        List<VmTelemetry> latest = await _table.LatestAsync();
        Assert.Equal([("db", TelemetryQuality.Stale), ("web", TelemetryQuality.Ok)], latest.Select(sample => (sample.Name, sample.Quality)));
        Assert.Equal(10L, latest[0].CpuTimeNanoseconds);
        Assert.Equal(["db", "web"], (await _table.Reader.ListVmsAsync(default)).Select(vm => vm.Name));
    }

    [Fact]
    public async Task The_age_that_makes_a_vm_stale_can_be_given()
    {
        await _table.DisposeAsync();
        _table = new TelemetryTable(new TelemetryReaderOptions { StaleAfter = TimeSpan.FromSeconds(5) });
        await _table.WriteAsync(0, WebTags, ("cputime", 1));
        _table.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(TelemetryQuality.Stale, Assert.Single(await _table.LatestAsync()).Quality);
    }

    [Fact]
    public async Task A_range_begins_at_its_start_ends_before_its_finish_and_its_first_sample_has_rates()
    {
        for (int second = 0; second <= 100; second += 10)
        {
            await _table.WriteAsync(second, WebTags, ("net_rxbytes", second * second));
        }

        List<VmTelemetry> range = await _table.RangeAsync(40, 70);
        Assert.Equal([1_600L, 2_500L, 3_600L], range.Select(sample => sample.NetRxBytes));
        Assert.Equal([70.0, 90.0, 110.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Empty(await _table.RangeAsync(41, 50));
        Assert.Single(await _table.RangeAsync(41, 50.001));
        Assert.Empty(await _table.RangeAsync(1_000, 2_000));
    }

    [Fact]
    public async Task A_vm_that_was_asked_for_and_never_seen_is_missing()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1));
        VmTelemetry[] latest = [.. await _table.LatestAsync(Vm(Web, "web"), Vm(Db, "db"), Vm(Db, "db"))];
        Assert.Equal([("web", TelemetryQuality.Ok), ("db", TelemetryQuality.Missing)], latest.Select(sample => (sample.Name, sample.Quality)));
        Assert.Equal((Guid.Parse(Db), (double?)null, (long?)null), (latest[1].Uuid, latest[1].CpuPercent, latest[1].CpuTimeNanoseconds));
        Assert.Empty(await _table.RangeAsync(null, null, [Vm(Db, "db")]));
    }

    [Fact]
    public async Task An_empty_store_has_no_vms_and_no_samples()
    {
        Assert.Empty(await _table.LatestAsync());
        Assert.Empty(await _table.RangeAsync());
        Assert.Empty(await _table.Reader.ListVmsAsync(default));
        Assert.Equal(TelemetryQuality.Missing, Assert.Single(await _table.LatestAsync(Vm(Web, "web"))).Quality);
    }

    private async Task<string> LastTagsAsync(int vm) =>
        $"VMID={vm},name=vm{vm},uuid=" + (await _table.Reader.ListVmsAsync(default)).Single(one => one.Name == $"vm{vm}").Uuid;
}
