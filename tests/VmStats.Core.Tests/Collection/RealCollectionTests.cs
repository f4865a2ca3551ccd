using System.Text.Json;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Hypervisors.Libvirt;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.Stores;
using VmStats.Stores.Spool;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Collection;

/// <summary>The collector between a real QEMU guest and a real InfluxDB 1.x.</summary>
public sealed class RealCollectionTests(RealLibvirt real, Influx1 influx) : IClassFixture<RealLibvirt>, IClassFixture<Influx1>, IDisposable
{
    // The original's fields; disk_errors is absent, since QEMU doesn't report them.
    private static readonly string[] s_originalFields =
    [
        "cpus", "cputime", "disk_rd_bytes", "disk_rd_req", "disk_wr_bytes", "disk_wr_reqs", "memactual", "memavailable",
        "memdisk_cache", "memmajor_fault", "memminor_fault", "memrss", "memswap_in", "memswap_out", "memusable", "state",
        "timesys", "timeusr",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-collect-").FullName;

    [SkippableFact]
    public async Task What_is_stored_is_what_the_guest_did_in_the_originals_schema()
    {
        Part.Require(LibvirtSession.WhyAbsent ?? InfluxServer.WhyAbsent);
        string database = await influx.Server.CreateDatabaseAsync();
        await using ITelemetryStore store = Open(database);
        await using IHypervisor hypervisor = HypervisorFactory.Open(real.Session.Uri, new VmStatsSettings());
        VmStatistics before = await ReadAsync(hypervisor);
        VmTelemetryCollectorStatus status = await CollectAsync(hypervisor, store, TimeSpan.FromSeconds(1), 5);
        VmStatistics after = await ReadAsync(hypervisor);
        Assert.Equal((5L, 0L, 0L), (status.Polls, status.Errors, status.PointsSpooled));

        Assert.Equal(["VMID", "name", "uuid"], await KeysAsync("SHOW TAG KEYS FROM vm_totals", database));
        Assert.Equal(["VMID", "device", "devtype", "name", "uuid"], await KeysAsync("SHOW TAG KEYS FROM vm_devices", database));
        string[] integers = await KeysAsync("SHOW FIELD KEYS FROM vm_totals", database, "integer");
        Assert.Equal(s_originalFields, s_originalFields.Intersect(integers));

        TelemetryReader reader = new(store);
        List<VmTelemetry> samples = [];
        await foreach (VmTelemetry sample in reader.GetRangeAsync(new SeriesRequest(VmMetrics.Set), default, default))
        {
            samples.Add(sample);
        }

        Assert.Equal(5, samples.Count);
        Assert.All(samples, sample =>
        {
            Assert.Equal((real.Guest.Name, real.Guest.Uuid, VmState.Running), (sample.Name, sample.Uuid, sample.State));
            Assert.InRange(sample.CpuTimeNanoseconds!.Value, before.CpuTime!.Value, after.CpuTime!.Value);
            Assert.InRange(sample.DiskWriteBytes!.Value, before.Disks.Sum(disk => disk.WriteBytes ?? 0), after.Disks.Sum(disk => disk.WriteBytes ?? 0));
            Assert.Null(sample.NetRxBytes);
            Assert.Null(sample.DiskErrors);
        });
        double seconds = (samples[4].Time - samples[0].Time).TotalSeconds;
        double expected = (samples[4].CpuTimeNanoseconds!.Value - samples[0].CpuTimeNanoseconds!.Value) / 1e7 / seconds;
        double average = samples.Skip(1).Sum(sample => sample.CpuPercent!.Value * sample.Interval!.Value.TotalSeconds) / seconds;
        Assert.Equal(expected, average, tolerance: 1e-4);
    }

    [SkippableFact]
    public async Task An_outage_of_the_store_loses_no_point()
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using InfluxServer server = await InfluxServer.StartAsync();
        string database = await server.CreateDatabaseAsync();
        await using ITelemetryStore store = Open(database, server);
        await store.ProbeAsync(default);
        await using IHypervisor fleet = HypervisorFactory.Open("sim://fleet?vms=4&seed=5&history=1h&speed=100", new VmStatsSettings());

        await server.KillAsync();
        VmTelemetryCollectorStatus down = await CollectAsync(fleet, store, TimeSpan.FromSeconds(10), 6);
        Assert.Equal((0L, down.PointsCollected, 0L), (down.PointsWritten, down.PointsSpooled, down.PointsDropped));

        await server.StartDaemonAsync();
        VmTelemetryCollectorStatus up = await CollectAsync(fleet, store, TimeSpan.FromSeconds(10), 2);
        Assert.Equal(down.PointsSpooled, up.PointsReplayed);
        int rows = 0;
        await foreach (VmTelemetry sample in new TelemetryReader(store).GetRangeAsync(new SeriesRequest(VmMetrics.Set), default, default))
        {
            rows++;
        }

        Assert.Equal(4 * (6 + 2), rows);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ITelemetryStore Open(string database, InfluxServer? server = null) => StoreFactory.Open(
        new ConnectionOptions { Url = (server ?? influx.Server).Url, Database = database }, new VmStats.Infrastructure.Infrastructure());

    private async Task<VmTelemetryCollectorStatus> CollectAsync(IHypervisor hypervisor, ITelemetryStore store, TimeSpan interval, int count)
    {
        using PointSpool spool = new(store.Info, new SpoolOptions { Root = _folder });
        await using TelemetryCollector collector = new(1, new TelemetryCollectorOptions
        {
            Hypervisor = hypervisor,
            Store = store,
            Interval = interval,
            Count = count,
            Spool = spool,
        });
        collector.Start();
        await collector.Completion.WaitAsync(TimeSpan.FromMinutes(5));
        return collector.Status;
    }

    private async Task<VmStatistics> ReadAsync(IHypervisor hypervisor) =>
        (await hypervisor.GetStatisticsAsync(default)).Single(vm => vm.Vm.Uuid == real.Guest.Uuid);

    // The first column of the answer, of the rows whose second is as wanted.
    private async Task<string[]> KeysAsync(string query, string database, string? second = null)
    {
        using JsonDocument answer = JsonDocument.Parse(await influx.Server.QueryAsync(query, database));
        return answer.RootElement.GetProperty("results")[0].GetProperty("series")[0].GetProperty("values").EnumerateArray()
            .Where(row => second is null || row[1].GetString() == second)
            .Select(row => row[0].GetString()!).Order(StringComparer.Ordinal).ToArray();
    }
}
