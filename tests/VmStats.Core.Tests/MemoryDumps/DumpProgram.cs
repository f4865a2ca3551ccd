using System.Globalization;
using VmStats.Configuration;
using VmStats.Hypervisors;
using VmStats.MemoryDumps;
using VmStats.Stores;

namespace VmStats.Core.Tests.MemoryDumps;

/// <summary>The part of a dump test that must be another process.</summary>
internal static class DumpProgram
{
    /// <summary>Runs what the arguments say; null when they say something else.</summary>
    public static async Task<int?> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["ledger", string folder, string name, string count]:
                await LedgerTests.AppendAsync(folder, name, int.Parse(count, CultureInfo.InvariantCulture));
                return 0;
            case ["dump", string uri, string vm, string folder, string stateFolder, string store]:
                await DumpAsync(uri, vm, folder, stateFolder, store);
                return 0;
            default:
                return null;
        }
    }

    // The slowest compression, so that whoever watches has time to interfere.
    private static async Task DumpAsync(string uri, string name, string folder, string stateFolder, string file)
    {
        Infrastructure.Infrastructure infrastructure = new();
        await using IHypervisor hypervisor = HypervisorFactory.Open(uri, new VmStatsSettings());
        await using ITelemetryStore store = infrastructure.OpenEmbeddedStore(file, retention: null);
        VmInfo vm = (await hypervisor.ListAsync(default)).Single(one => one.Name == name);
        using MemoryDumper dumper = new(hypervisor, store, infrastructure, new MemoryDumperOptions { Folder = folder, StateFolder = stateFolder });
        await dumper.DumpAsync(new MemoryDumpRequest { Vm = vm, CompressionLevel = 19 }, null, default);
    }
}
