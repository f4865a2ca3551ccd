using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// A fleet of hosts that collect into one InfluxDB Clustered, or into its stand-in here, before a real InfluxDB 1.x: whether
/// the counts are true, and how long the latest samples of all VMs and a ranking take.
/// <c>--hosts N --vms N --polls N</c>; each VM has a sample every 10 s, by the machine's clock.
/// </summary>
internal static class FleetBenchmark
{
    private const int MostRounds = 20;

    public static async Task RunAsync(string[] arguments)
    {
        int hosts = Number(arguments, "--hosts", 100), vms = Number(arguments, "--vms", 100), polls = Number(arguments, "--polls", 6);
        if (InfluxServer.WhyAbsent is string why)
        {
            Console.WriteLine($"  {why}");
            return;
        }

        VmStats.Infrastructure.Infrastructure infrastructure = new();
        string folder = Directory.CreateTempSubdirectory("vmstats-fleet-").FullName;
        try
        {
            await using InfluxServer server = await InfluxServer.StartAsync();
            await using HostedInfluxStandIn clustered = await HostedInfluxStandIn.StartAsync(server, HostedInflux.Clustered);
            string database = await server.CreateDatabaseAsync();
            ConnectionOptions options = new() { Url = clustered.Url, Database = database, Token = new Secret(HostedInfluxStandIn.Token, "-Token") };
            Console.WriteLine(FormattableString.Invariant($"{hosts:N0} hosts of {vms:N0} VMs, {polls:N0} polls of each host, one every 10 s"));
            await CollectAsync(new HostFleet(options, infrastructure, hosts, vms, folder), server, database, polls);
            await using InfluxStore store = new(options, infrastructure);
            await ReadAsync(store, hosts * vms);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CollectAsync(HostFleet fleet, InfluxServer server, string database, int polls)
    {
        long start = Stopwatch.GetTimestamp();
        List<VmTelemetryCollectorStatus> said = [.. await fleet.CollectAsync(polls, clock: "")];
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // What waits in the spools in the end is brought by whoever collects next.
        int rounds = 0;
        for (; fleet.HasSpooled && rounds < MostRounds; rounds++)
        {
            said.AddRange(await fleet.CollectAsync(polls: 1, clock: ""));
        }

        long collected = said.Sum(status => status.PointsCollected);
        long kept = await CountAsync(server, database, "vm_totals", "cpus") + await CountAsync(server, database, "vm_devices", "rd_bytes")
            + await CountAsync(server, database, "vm_devices", "rxbytes");
        Console.WriteLine(FormattableString.Invariant(
            $"  collected for {seconds:F1} s, and {rounds} more polls until the spools were empty: {collected:N0} points; in the database {kept:N0} ({(kept == collected ? "all" : "NOT all")}); spooled {said.Sum(status => status.PointsSpooled):N0}, replayed {said.Sum(status => status.PointsReplayed):N0}, dropped {said.Sum(status => status.PointsDropped):N0}, polls missed {said.Sum(status => status.PollsMissed):N0}, errors {said.Sum(status => status.Errors):N0}"));
    }

    private static async Task ReadAsync(InfluxStore store, int expected)
    {
        TelemetryReader reader = new(store);
        SeriesRequest all = new(VmMetrics.Set);
        HashSet<object?> seen = [];
        (await Measurement.BestAsync(3, async () =>
        {
            seen.Clear();
            await foreach (VmTelemetry sample in reader.GetLatestAsync(all, reportMissing: false, default))
            {
                seen.Add(sample.Uuid);
            }

            return seen.Count;
        })).Print($"  latest of all VMs ({(seen.Count == expected ? "all there" : "NOT all there")})");
        long now = UnixTime.ToNanoseconds(DateTimeOffset.UtcNow);
        TimeRange range = new(now - UnixTime.ToNanoseconds(TimeSpan.FromMinutes(30)), now);
        int ranked = 0;
        (await Measurement.BestAsync(3, async () =>
        {
            ranked = (await reader.RankAsync(all, range, VmMetrics.CpuPercent, TelemetryRollup.Average, 5, default)).Vms!.Count;
            return expected;
        })).Print($"  the {ranked} VMs with most CPU of 30 minutes");
    }

    private static async Task<long> CountAsync(InfluxServer server, string database, string measurement, string field)
    {
        using JsonDocument answer = JsonDocument.Parse(await server.QueryAsync($"SELECT COUNT({field}) FROM {measurement}", database));
        return answer.RootElement.GetProperty("results")[0].TryGetProperty("series", out JsonElement series)
            ? series[0].GetProperty("values")[0][1].GetInt64()
            : 0;
    }

    private static int Number(string[] arguments, string name, int ifMissing) =>
        Array.IndexOf(arguments, name) is >= 0 and var at ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : ifMissing;
}
