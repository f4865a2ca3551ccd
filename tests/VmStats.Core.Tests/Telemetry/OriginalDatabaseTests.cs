using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Stores.InfluxQL;
using VmStats.Dumps.Records;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Telemetry;

/// <summary>Databases as the original's programs leave them, in a real InfluxDB 1.x, read through the module's readers.</summary>
public sealed class OriginalDatabaseTests(Influx1 influx) : IClassFixture<Influx1>
{
    private const string Web = "11111111-1111-1111-1111-111111111111";
    private const string Db = "22222222-2222-2222-2222-222222222222";
    private const long T0 = 1_767_225_600_000_000_000;

    [SkippableTheory]
    [InlineData("VMID=7,name=web01,uuid=" + Web, "i")]
    [InlineData("VMID=7,UUID=" + Web + ",Dom=web01", "i")]
    [InlineData("VMID=7,UUID=" + Web + ",Dom=web01", "")]
    public async Task Either_vocabulary_and_either_number_type_give_the_same_rates(string tags, string suffix)
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx.Server.CreateDatabaseAsync();
        string Line(int second, long cpu, long rx) =>
            $"vm_totals,{tags} cputime={cpu}{suffix},cpus=2{suffix},net_rxbytes={rx}{suffix},memrss=1024{suffix},state=1{suffix} {T0 + (second * 1_000_000_000L)}\n";
        await influx.Server.WriteAsync(database, Line(0, 0, 1000) + Line(10, 5_000_000_000, 6000) + Line(20, 9_000_000_000, 500));

        await using ITelemetryStore store = Open(database);
        List<VmTelemetry> samples = await RangeAsync(store);
        Assert.Equal(3, samples.Count);
        Assert.All(samples, sample => Assert.Equal(("web01", Guid.Parse(Web), "7", VmState.Running, 1024L * 1024), (sample.Name, sample.Uuid, sample.VmId, sample.State, sample.MemoryRssBytes)));

        // 5 s of CPU in 10 s on 2 vCPUs; then 4 s; the NIC's counter goes back in between.
        Assert.Equal([null, 25.0, 20.0], samples.Select(sample => sample.CpuPercent));
        Assert.Equal([null, 500.0, null], samples.Select(sample => sample.NetRxBytesPerSecond));
        Assert.Equal(TelemetryQuality.Reset, samples[2].Quality);
        Assert.Null(samples[0].DiskErrors);
    }

    [SkippableFact]
    public async Task Both_vocabularies_in_one_table_are_one_list_of_vms()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx.Server.CreateDatabaseAsync();
        await influx.Server.WriteAsync(
            database,
            $"vm_totals,VMID=7,name=web01,uuid={Web} cputime=1i,cpus=1i {T0}\nvm_totals,VMID=8,UUID={Db},Dom=db01 cputime=1i,cpus=1i {T0}\n"
            + $"vm_totals,VMID=9,name=web01,uuid={Web} cputime=2i,cpus=1i {T0 + 1}\n");
        await using ITelemetryStore store = Open(database);
        IReadOnlyList<MonitoredVm> vms = await new TelemetryReader(store).ListVmsAsync(default);
        Assert.Equal([("db01", Guid.Parse(Db), "8"), ("web01", Guid.Parse(Web), "9")], vms.Select(vm => (vm.Name, vm.Uuid!.Value, vm.VmId)));
    }

    [SkippableFact]
    public async Task Dump_records_of_the_script_and_of_the_service_are_read_alike()
    {
        Part.Require(InfluxServer.WhyAbsent);
        string database = await influx.Server.CreateDatabaseAsync();
        string hash = new('a', 64);
        await influx.Server.WriteAsync(
            database,
            $"mem_dumps,dom=web01,vmid=7 sha256=\"{hash}\",duration_sec=12.5,gzip_size_bytes=1000i,ctime=1767225600i,mtime=1767225600i,atime=1767225600i,dump_path=\"/d/web01.gz\" {T0}\n"
            + $"mem_dumps,dom=db01,vmid=8,host=kvm1 ok=true,sha256=\"{hash}\",dump_path=\"/d/db01\",raw_size_bytes=5000,duration_sec=3.5,dump_duration_sec=3,loop=1,every_sec=0 {T0 + 1_000_000_000}\n"
            + $"mem_dumps,dom=db01,vmid=8,host=kvm1 ok=false,duration_sec=1 {T0 + 2_000_000_000}\n");
        await using ITelemetryStore store = Open(database);
        List<MemoryDumpRecord> records = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(new MemoryDumpFilter(), default))
        {
            records.Add(record);
        }

        Assert.Equal(["db01 Failed", "db01 Completed", "web01 Completed"], records.Select(record => $"{record.Name} {record.State}"));
        Assert.Equal((1000L, 12.5, "/d/web01.gz", hash), (records[2].StoredBytes, records[2].Duration!.Value.TotalSeconds, records[2].Path, records[2].Sha256));
        Assert.Equal((5000L, "kvm1"), (records[1].RawBytes, records[1].HostName));
        MemoryDumpStats stats = await new MemoryDumpRecords(store).GetStatsAsync(new MemoryDumpFilter(), default);
        Assert.Equal((2, 2, 1), (stats.Count, stats.VmCount, stats.FailureCount));
    }

    private static async Task<List<VmTelemetry>> RangeAsync(ITelemetryStore store)
    {
        List<VmTelemetry> samples = [];
        await foreach (VmTelemetry sample in new TelemetryReader(store).GetRangeAsync(new SeriesRequest(VmMetrics.Set), default, default))
        {
            samples.Add(sample);
        }

        return samples;
    }

    private ITelemetryStore Open(string database) => StoreFactory.Open(
        new ConnectionOptions { Url = influx.Server.Url, Database = database }, new VmStats.Infrastructure.Infrastructure());
}
