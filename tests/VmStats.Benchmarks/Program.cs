using System;
using VmStats.Benchmarks.Dumps;
using VmStats.Benchmarks.Embedded;
using VmStats.Benchmarks.Wire;

namespace VmStats.Benchmarks;

/// <summary>The figures that VmStats claims, each beside a peer in one run: <c>dotnet run -c Release --project tests/VmStats.Benchmarks -- NAME</c>.</summary>
internal static class Program
{
    private static readonly Dictionary<string, (string About, Func<string[], Task> Run)> s_benchmarks = new()
    {
        ["embedded"] = ("the embedded store: points in, latest of all VMs, one VM's hour, roll-up  [--rows N | --large]", EmbeddedBenchmark.RunAsync),
        ["dumps"] = ("memory dumps: rate, CPU, memory beside hashlib + gzip and zstd + sha256sum; a guest's pause beside virsh; from Enter to the first byte, whatever the store does  [--size MiB,MiB...] [--guest] [--large] [--first-byte [--guest]]", DumpBenchmark.RunAsync),
        ["rows"] = ("wide rows from a loopback server into a PowerShell pipeline  [--rows N]", RowsBenchmark.RunAsync),
        ["fleet"] = ("many hosts, each with its own collector, into one stand-in for InfluxDB Clustered: counts, latest, ranking  [--hosts N] [--vms N] [--polls N]", FleetBenchmark.RunAsync),
        ["lines"] = ("line protocol encoded and posted to a server that forgets it  [--points N]", LinesBenchmark.RunAsync),
        ["latest"] = ("the latest of all VMs from a stand-in for InfluxDB 3, with caches and without  [--vms N,N...]", LatestBenchmark.RunAsync),
        ["ranking"] = ("the VMs with most CPU of a day: computed by the store, and folded from its samples  [--vms N]", RankingBenchmark.RunAsync),
    };

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is [SinkServer.Verb])
        {
            await SinkServer.RunAsync(arguments);
            return 0;
        }

        if (arguments.Length > 0 && s_benchmarks.TryGetValue(arguments[0], out var benchmark))
        {
            await benchmark.Run(arguments[1..]);
            return 0;
        }

        foreach ((string name, (string about, _)) in s_benchmarks)
        {
            Console.WriteLine($"{name,-12} {about}");
        }

        return arguments.Length == 0 ? 0 : 2;
    }
}
