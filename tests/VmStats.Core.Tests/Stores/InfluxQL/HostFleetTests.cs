using System.Text.Json;
using VmStats.Benchmarks.Wire;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>Many hosts, each with its own collector, into one server of an engine that is made for it.</summary>
public sealed class HostFleetTests(Influx1 influx) : IClassFixture<Influx1>, IDisposable
{
    private const int Hosts = 5, Vms = 4, Polls = 6;
    private readonly string _spools = Directory.CreateTempSubdirectory("vmstats-fleet-").FullName;

    public void Dispose() => Directory.Delete(_spools, recursive: true);

    [SkippableTheory]
    [InlineData(HostedInflux.Clustered)]
    [InlineData(HostedInflux.Serverless)]
    [InlineData(HostedInflux.CloudTsm)]
    public async Task Counts_latest_samples_and_rankings_of_all_hosts_are_true(HostedInflux kind)
    {
        Part.Require(InfluxServer.WhyAbsent);
        await using HostedInfluxStandIn server = await HostedInfluxStandIn.StartAsync(influx.Server, kind);
        string database = await influx.Server.CreateDatabaseAsync();
        ConnectionOptions options = new() { Url = server.Url, Database = database, Token = new Secret(HostedInfluxStandIn.Token, "-Token") };
        VmStats.Infrastructure.Infrastructure infrastructure = new();
        IReadOnlyList<VmTelemetryCollectorStatus> said = await new HostFleet(options, infrastructure, Hosts, Vms, _spools).CollectAsync(Polls, "&history=1h&speed=600");

        // What each collector says it has written, the server has: nothing dropped, nothing refused, nothing twice.
        Assert.All(said, status => Assert.Equal((Polls, 0L, 0L), ((int)status.Polls, status.PointsDropped, status.PointsRejected)));
        Assert.All(said, status => Assert.Equal(status.PointsCollected, status.PointsWritten + status.PointsReplayed));
        Assert.Equal(Hosts * Vms * Polls, await CountAsync(database, "vm_totals", "cpus"));
        Assert.Equal(
            said.Sum(status => status.PointsCollected) - (Hosts * Vms * Polls),
            await CountAsync(database, "vm_devices", "rd_bytes") + await CountAsync(database, "vm_devices", "rxbytes"));

        await using InfluxStore store = new(options, infrastructure);
        TelemetryReader reader = new(store);
        SeriesRequest all = new(VmMetrics.Set);
        List<VmTelemetry> latest = [], samples = [];
        await foreach (VmTelemetry sample in reader.GetLatestAsync(all, reportMissing: false, default))
        {
            latest.Add(sample);
        }

        await foreach (VmTelemetry sample in reader.GetRangeAsync(all, default, default))
        {
            samples.Add(sample);
        }

        Assert.Equal((Hosts * Vms, Hosts * Vms * Polls), (latest.Count, samples.Count));
        Assert.Equal(Hosts, latest.Select(sample => sample.HostName).Distinct().Count());
        Assert.Equal(
            samples.GroupBy(sample => sample.Uuid).Select(vm => (vm.Key, vm.Max(sample => sample.Time))).Order(),
            latest.Select(sample => (sample.Uuid, sample.Time)).Order());

        // The ranking that the server computes is that of its samples.
        long first = UnixTime.ToNanoseconds(samples.Min(sample => sample.Time)), last = UnixTime.ToNanoseconds(samples.Max(sample => sample.Time));
        IReadOnlyList<RankedSeries> ranked = await new SeriesRanker(
            new SeriesReader(store, new TelemetryReaderOptions()), all, new TimeRange(first, last + 1), VmMetrics.MemoryRssBytes, TelemetryRollup.Maximum).RankAsync(default);
        Assert.Equal(
            samples.Where(sample => sample.MemoryRssBytes is not null).GroupBy(sample => sample.Uuid)
                .Select(vm => (vm.Key, (double)vm.Max(sample => sample.MemoryRssBytes)!)).OrderByDescending(vm => vm.Item2).ThenBy(vm => vm.Key).Select(vm => vm.Item2),
            ranked.Select(series => series.Value));
    }

    private async Task<long> CountAsync(string database, string measurement, string field)
    {
        using JsonDocument answer = JsonDocument.Parse(await influx.Server.QueryAsync($"SELECT COUNT({field}) FROM {measurement}", database));
        return answer.RootElement.GetProperty("results")[0].TryGetProperty("series", out JsonElement series)
            ? series[0].GetProperty("values")[0][1].GetInt64()
            : 0;
    }
}
