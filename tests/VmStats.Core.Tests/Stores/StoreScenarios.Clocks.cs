using VmStats.Diagnostics;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores;

/// <content>Samples that are ahead of the clock.</content>
public abstract partial class StoreScenarios
{
    [SkippableFact]
    public async Task The_latest_is_not_ahead_of_the_clock_where_there_is_another()
    {
        await using ITelemetryStore store = await OpenAsync();
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow) / 1_000_000_000 * 1_000_000_000;
        await store.WriteAsync(
            [
                // The clock of a's host was a year ahead for a moment, that of b's always was, and c's is ahead by less than matters.
                Ahead(now - Minute, "a", 60), Ahead(now - (2 * Minute), "a", 0), Ahead(now + (525_600 * Minute), "a", 7), Ahead(now + (525_601 * Minute), "a", 8),
                Ahead(now + (60 * Minute), "b", 60), Ahead(now + (59 * Minute), "b", 0),
                Ahead(now + (Minute / 4), "c", 60), Ahead(now - (Minute / 4), "c", 0), Ahead(now - (2 * 1440 * Minute), "d", 1),
            ],
            default);
        TelemetryReader reader = new(store);
        List<VmTelemetry> latest = await TelemetryListAsync(reader.GetLatestAsync(new SeriesRequest(VmMetrics.Set), reportMissing: false, default));
        Assert.Equal(
            [("a", -60L, 1.0, true), ("b", 3600, 1.0, false), ("c", 15, 2.0, true), ("d", -172_800, null, true)],
            latest.Select(vm => (vm.Name, (UnixTime.ToNanoseconds(vm.Time) - now) / UnixTime.NanosecondsPerSecond, vm.NetRxBytesPerSecond, vm.Quality != TelemetryQuality.Ahead)));
        Assert.Equal(
            [-60L, 3600, 15, -172_800],
            (await reader.ListVmsAsync(default)).Select(vm => (UnixTime.ToNanoseconds(vm.LastSeen!.Value) - now) / UnixTime.NanosecondsPerSecond));

        // Of one VM alone it is the same, and a range says of each sample whether it is ahead.
        SeriesRequest one = new(VmMetrics.Set, [new MonitoredVm { Name = "a", Uuid = AheadUuid("a") }]);
        Assert.Equal(now - Minute, UnixTime.ToNanoseconds(Assert.Single(await TelemetryListAsync(reader.GetLatestAsync(one, reportMissing: true, default))).Time));
        List<VmTelemetry> range = await TelemetryListAsync(reader.GetRangeAsync(one, new TimeRange(now - (5 * Minute), now + (600_000 * Minute)), default));
        Assert.Equal([false, false, true, true], range.Select(sample => sample.Quality == TelemetryQuality.Ahead));

        // Who wrote ahead is named, with the host where it is known.
        Finding clock = await new ClockChecker(store, TimeProvider.System).CheckAsync(default);
        Assert.Equal(VmStatsConnectionCheckResult.Warning, clock.Result);
        Assert.Matches(@": a on host-a by 36[45]\.\d\d:\d\d:\d\d, b on host-b by 0[01]:\d\d:\d\d\.$", clock.Detail);
        Assert.DoesNotContain("c on", clock.Detail, StringComparison.Ordinal);
    }

    private static Guid AheadUuid(string name) => new($"00000000-0000-0000-0000-00000000000{name}");

    private static Point Ahead(long time, string name, long received) => new(
        new PointShape("vm_totals", ["name", "uuid"], ["net_rxbytes", "cpus", "host"]),
        time,
        [name, AheadUuid(name).ToString()],
        [FieldValue.From(received), FieldValue.From(1L), FieldValue.From("host-" + name)]);

    private static async Task<List<VmTelemetry>> TelemetryListAsync(IAsyncEnumerable<VmTelemetry> samples)
    {
        List<VmTelemetry> list = [];
        await foreach (VmTelemetry sample in samples)
        {
            list.Add(sample);
        }

        return list;
    }
}
