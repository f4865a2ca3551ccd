using static VmStats.Core.Tests.Telemetry.TelemetryTable;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>What two samples in a row say: rates, shares, resets, and nothing where nothing is known.</summary>
public sealed class SampleTests : AsyncTest
{
    private const string WebTags = "VMID=7,name=web,uuid=" + Web;
    private const long Second = 1_000_000_000;

    private readonly TelemetryTable _table = new();

    public override ValueTask DisposeAsync() => _table.DisposeAsync();

    [Fact]
    public async Task Rates_are_per_second_and_cpu_is_shared_by_the_vcpus()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 0L), ("cpus", 4), ("net_rxbytes", 1_000), ("memswap_in", 10), ("memrss", 2));
        await _table.WriteAsync(2.5, WebTags, ("cputime", 5 * Second), ("cpus", 4), ("net_rxbytes", 3_500), ("memswap_in", 15), ("memrss", 1));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((50.0, 1_000.0, 2_048.0), (latest.CpuPercent, latest.NetRxBytesPerSecond, latest.MemorySwapInBytesPerSecond));
        Assert.Equal((5 * Second, 3_500L, 1_024L), (latest.CpuTimeNanoseconds, latest.NetRxBytes, latest.MemoryRssBytes));
        Assert.Equal((TimeSpan.FromSeconds(2.5), TelemetryQuality.Ok), (latest.Interval, latest.Quality));
        Assert.Equal(Math.Atan(1_000) * 180 / Math.PI, latest.AngleDegrees("netrxbytespersecond"));

        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal([null, 50.0], range.Select(sample => sample.CpuPercent));
        Assert.Equal([null, 1_000.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal([null, TimeSpan.FromSeconds(2.5)], range.Select(sample => sample.Interval));
    }

    [Fact]
    public async Task A_counter_that_went_back_is_a_reset_and_spoils_no_other_rate()
    {
        await _table.WriteAsync(0, WebTags, ("net_rxbytes", 5_000), ("net_txbytes", 100));
        await _table.WriteAsync(10, WebTags, ("net_rxbytes", 4_999), ("net_txbytes", 300));
        await _table.WriteAsync(20, WebTags, ("net_rxbytes", 5_009), ("net_txbytes", 300));
        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal([null, null, 1.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal([null, 20.0, 0.0], range.Select(sample => sample.NetTxBytesPerSecond));
        Assert.Equal([TelemetryQuality.Ok, TelemetryQuality.Reset, TelemetryQuality.Ok], range.Select(sample => sample.Quality));
    }

    [Fact]
    public async Task The_first_sample_of_a_short_range_has_the_one_before_it_though_a_poll_of_a_minute_was_missed()
    {
        await _table.WriteAsync(0, WebTags, ("net_rxbytes", 0));
        await _table.WriteAsync(120, WebTags, ("net_rxbytes", 1_200));
        Assert.Equal([10.0], (await _table.RangeAsync(90, 130)).Select(sample => sample.NetRxBytesPerSecond));
    }

    [Fact]
    public async Task A_level_that_went_down_is_no_reset()
    {
        await _table.WriteAsync(0, WebTags, ("memrss", 500), ("cpus", 4), ("memavailable", 800), ("memusable", 600));
        await _table.WriteAsync(10, WebTags, ("memrss", 400), ("cpus", 2), ("memavailable", 800), ("memusable", 200));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((TelemetryQuality.Ok, 75.0), (latest.Quality, latest.MemoryUsedPercent));
    }

    [Theory]
    [InlineData(4_294_967_290, 5)]
    [InlineData(long.MaxValue, 5)]
    [InlineData(long.MaxValue, 0)]
    public async Task A_counter_that_wrapped_has_no_rate(long before, long after)
    {
        await _table.WriteAsync(0, WebTags, ("net_rxbytes", before));
        await _table.WriteAsync(10, WebTags, ("net_rxbytes", after));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((null, after, TelemetryQuality.Reset), (latest.NetRxBytesPerSecond, latest.NetRxBytes, latest.Quality));
    }

    [Fact]
    public async Task Large_counters_keep_their_last_byte()
    {
        // As floats, both are 2^60.
        await _table.WriteAsync(0, WebTags, ("net_rxbytes", (1L << 60) + 1), ("net_txbytes", ulong.MaxValue - 4_096));
        await _table.WriteAsync(1, WebTags, ("net_rxbytes", (1L << 60) + 4), ("net_txbytes", ulong.MaxValue));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((3.0, (1L << 60) + 4), (latest.NetRxBytesPerSecond, latest.NetRxBytes));
        Assert.Equal(4_096.0, latest.NetTxBytesPerSecond);
    }

    [Fact]
    public async Task Memory_beyond_its_type_is_absent()
    {
        // Other writers keep libvirt's unsigned 64 bits as they come: 2^63-1 KiB wrapped to -1024 bytes.
        await _table.WriteAsync(0, WebTags, ("memrss", long.MaxValue), ("memavailable", ulong.MaxValue), ("memusable", 5), ("memunused", 1L << 53), ("memdisk_cache", 1e30), ("cpus", (1L << 32) + 1));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((null, null, null, null), (latest.MemoryRssBytes, latest.MemoryAvailableBytes, latest.MemoryUnusedBytes, latest.MemoryDiskCacheBytes));
        Assert.Equal((null, null, null), (latest.GetMetric("MemoryRssBytes"), latest.GetMetric("MemoryAvailableBytes"), latest.MemoryUsedPercent));
        Assert.Equal((5_120L, null), (latest.MemoryUsableBytes, latest.Cpus));

        await _table.WriteAsync(1, WebTags, ("memrss", (1L << 53) - 1), ("memavailable", 10), ("memusable", 5));
        latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((((1L << 53) - 1) << 10, 50.0), (latest.MemoryRssBytes, latest.MemoryUsedPercent));
    }

    [Theory]
    [InlineData("running", VmState.Running)]
    [InlineData("shut off", VmState.ShutOff)]
    [InlineData("in shutdown", VmState.ShuttingDown)]
    [InlineData(" Paused", VmState.Paused)]
    [InlineData("VIR_DOMAIN_PMSUSPENDED", VmState.PMSuspended)]
    [InlineData("no state", VmState.NoState)]
    [InlineData("idle", VmState.Blocked)]
    [InlineData("5", VmState.ShutOff)]
    [InlineData("99", VmState.NoState)]
    [InlineData("a state that no libvirt has ever had", null)]
    [InlineData("", null)]
    public async Task A_state_that_another_writer_made_text_is_read(string stored, VmState? state)
    {
        await _table.WriteAsync(0, WebTags, ("state", stored), ("state_reason", long.MaxValue), ("cpus", 1));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((state, null), (latest.State, latest.StateReason));
        Assert.Equal(state, Assert.Single(await _table.Reader.ListVmsAsync(default)).State);
    }

    [Fact]
    public async Task A_new_id_is_a_restart_even_where_the_counters_grew()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1 * Second), ("cpus", 1), ("net_rxbytes", 10));
        await _table.WriteAsync(10, WebTags.Replace("7", "8", StringComparison.Ordinal), ("cputime", 3 * Second), ("cpus", 1), ("net_rxbytes", 99));
        await _table.WriteAsync(20, WebTags.Replace("7", "8", StringComparison.Ordinal), ("cputime", 8 * Second), ("cpus", 1), ("net_rxbytes", 199));
        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal(["7", "8", "8"], range.Select(sample => sample.VmId));
        Assert.Single(range.Select(sample => sample.Uuid).Distinct());
        Assert.Equal([null, null, 50.0], range.Select(sample => sample.CpuPercent));
        Assert.Equal([null, null, 10.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal([TelemetryQuality.Ok, TelemetryQuality.Reset, TelemetryQuality.Ok], range.Select(sample => sample.Quality));

        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal(("8", 50.0), (latest.VmId, latest.CpuPercent));
        Assert.Equal("8", Assert.Single(await _table.Reader.ListVmsAsync(default)).VmId);
    }

    [Fact]
    public async Task The_latest_just_after_a_restart_has_no_rates()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1 * Second), ("cpus", 1));
        await _table.WriteAsync(10, "VMID=8,name=web,uuid=" + Web, ("cputime", 3 * Second), ("cpus", 1));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((null, TelemetryQuality.Reset, "8"), (latest.CpuPercent, latest.Quality, latest.VmId));
    }

    [Fact]
    public async Task A_vm_that_was_off_in_between_has_no_rates_over_that_time()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1 * Second), ("cpus", 1), ("state", 1));
        await _table.WriteAsync(10, "name=web,uuid=" + Web, ("cpus", 1), ("state", 5));
        await _table.WriteAsync(20, "VMID=8,name=web,uuid=" + Web, ("cputime", 2 * Second), ("cpus", 1), ("state", 1));
        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal([VmState.Running, VmState.ShutOff, VmState.Running], range.Select(sample => sample.State));
        Assert.Equal(["7", null, "8"], range.Select(sample => sample.VmId));
        Assert.All(range, sample => Assert.Null(sample.CpuPercent));
        Assert.Null(range[1].CpuTimeNanoseconds);
    }

    [Fact]
    public async Task What_is_negative_or_missing_is_absent_never_zero()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1 * Second), ("disk_errors", -1), ("net_rxbytes", -1), ("state", 77));
        await _table.WriteAsync(10, WebTags, ("cputime", 2 * Second), ("disk_errors", -1), ("net_rxbytes", 5), ("state", 1));
        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.All(range, sample => Assert.Equal(((long?)null, (double?)null), (sample.DiskErrors, sample.DiskErrorsPerSecond)));
        Assert.Equal([null, 5L], range.Select(sample => sample.NetRxBytes));
        Assert.Null(range[1].NetRxBytesPerSecond);
        Assert.Equal([VmState.NoState, VmState.Running], range.Select(sample => sample.State));

        // No vCPUs in the table: nobody knows what the CPU time is a share of.
        Assert.Null(range[1].CpuPercent);
        Assert.Null(range[1].MemoryUsedPercent);
        Assert.Null(range[1].HostName);
        Assert.Equal(TelemetryQuality.Ok, range[1].Quality);
    }

    [Fact]
    public async Task Metrics_whose_columns_are_missing_can_be_asked_for()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1 * Second), ("net_rxbytes", 5));
        await _table.WriteAsync(10, WebTags, ("cputime", 2 * Second), ("net_rxbytes", 25));
        List<VmTelemetry> range = await _table.RangeAsync(null, null, null, "CpuPercent", "NetRxBytesPerSecond", "MemoryUsedPercent");
        Assert.Equal([null, 2.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.All(range, sample => Assert.Equal(((double?)null, (double?)null, "web"), (sample.CpuPercent, sample.MemoryUsedPercent, sample.Name)));
        Assert.Equal(1 * Second, range[0].CpuTimeNanoseconds);
    }

    [Fact]
    public async Task Columns_that_came_later_have_rates_from_their_second_value_on()
    {
        await _table.WriteAsync(0, WebTags, ("net_rxbytes", 5));
        await _table.WriteAsync(10, WebTags, ("net_rxbytes", 15), ("net_txbytes", 100));
        await _table.WriteAsync(20, WebTags, ("net_rxbytes", 25), ("net_txbytes", 120));
        List<VmTelemetry> range = await _table.RangeAsync();
        Assert.Equal([null, 1.0, 1.0], range.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal([null, null, 2.0], range.Select(sample => sample.NetTxBytesPerSecond));
        Assert.All(range, sample => Assert.Equal(TelemetryQuality.Ok, sample.Quality));
    }

    [Fact]
    public async Task A_table_of_floats_gives_the_same_rates()
    {
        await _table.WriteAsync(0, WebTags, ("cputime", 1e9), ("cpus", 2.0), ("net_rxbytes", 0.0));
        await _table.WriteAsync(10, WebTags, ("cputime", 6e9), ("cpus", 2.0), ("net_rxbytes", 50.0));
        VmTelemetry latest = Assert.Single(await _table.LatestAsync());
        Assert.Equal((25.0, 5.0, 2, 6 * Second), (latest.CpuPercent, latest.NetRxBytesPerSecond, latest.Cpus, latest.CpuTimeNanoseconds));
    }
}
