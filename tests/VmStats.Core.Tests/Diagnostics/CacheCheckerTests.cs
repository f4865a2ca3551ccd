using VmStats.Connections;
using VmStats.Core.Tests.Stores.Influx3;
using VmStats.Diagnostics;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Diagnostics;

/// <summary>Caches that have less than their tables are told, with the VMs that they lack.</summary>
public sealed class CacheCheckerTests(Influx3Releases servers) : IClassFixture<Influx3Releases>
{
    private const long Day = 86_400 * UnixTime.NanosecondsPerSecond;
    private static readonly PointShape s_shape = new("vm_totals", ["name", "uuid"], ["cputime"]);

    [SkippableTheory]
    [InlineData(Influx3Release.V36)]
    [InlineData(Influx3Release.V310)]
    public async Task What_the_caches_lack_is_told_by_name(Influx3Release release)
    {
        VmStats.Fixtures.Part.Require(Influx3StandIn.WhyNotExecuting);
        Database database = servers.NewDatabase(release, Influx3CacheFaults.All);
        Assert.Equal((VmStatsConnectionCheckResult.Passed, "There are none."), await CheckAsync(database));
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);
        await database.InitializeAsync();
        await database.WriteAsync([Make("web", now), Make("db", now - Day)]);
        Assert.Equal(
            (VmStatsConnectionCheckResult.Passed, "vm_totals_latest, vm_totals_series, vm_devices_latest, vm_devices_series match their tables."),
            await CheckAsync(database));

        // The server is started anew; then web goes on, db's older samples come late, and mail was silent for longer than a cache keeps it.
        database.Server.Snapshot();
        database.Server.Restart();
        await database.WriteAsync([Make("web", now + 1), Make("db", now - (2 * Day)), Make("mail", now - (8 * Day))]);
        database.Server.Snapshot();
        database.Server.Restart();
        await database.WriteAsync([Make("web", now + 2)]);
        Assert.Equal(
            (VmStatsConnectionCheckResult.Warning, "The cache vm_totals_latest of vm_totals lacks 1 of 2: db. The cache vm_totals_series of vm_totals lacks 1 of 2: db."),
            await CheckAsync(database));
        await database.WriteAsync([Make("db", now - (2 * Day))]);
        Assert.Equal(
            (VmStatsConnectionCheckResult.Warning, "The cache vm_totals_latest of vm_totals has only older rows of 1 of 2: db."),
            await CheckAsync(database));
    }

    private static Point Make(string name, long time) => new(s_shape, time, [name, $"00000000-0000-0000-0000-{name.Length:D12}"], [FieldValue.From(1L)]);

    private static async Task<(VmStatsConnectionCheckResult Result, string Detail)> CheckAsync(Database database)
    {
        await using ITelemetryStore store = StoreFactory.Open(database.Options, new VmStats.Infrastructure.Infrastructure());
        VmStatsConnectionCheck? caches = null;
        await foreach (VmStatsConnectionCheck link in new ConnectionChecker(database.Options, store, TimeProvider.System).CheckAsync(default))
        {
            Assert.NotEqual(VmStatsConnectionCheckResult.Failed, link.Result);
            caches = link;
        }

        Assert.Equal("Caches", caches!.Link);
        Assert.Equal(caches.Result == VmStatsConnectionCheckResult.Warning, caches.Remedy is not null);
        return (caches.Result, caches.Detail);
    }
}
