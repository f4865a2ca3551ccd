using System.Globalization;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Dumps.Custody;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Hypervisors;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

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
                // The slowest compression, so that whoever watches has time to interfere.
                await DumpAsync(uri, vm, folder, stateFolder, store, level: 19, avoidFifo: false);
                return 0;
            case ["try-dump", string uri, string vm, string folder, string stateFolder, string store, string way]:
                return await TryDumpAsync(uri, vm, folder, stateFolder, store, avoidFifo: way == "file");
            case ["try-folders", string uri, string vm, string stateFolder, .. string[] folders]:
                foreach (string folder in folders)
                {
                    Console.WriteLine($"{folder}: {await TryFolderAsync(uri, vm, folder, stateFolder)}");
                }

                return 0;
            case ["verify", string path]:
                MemoryDumpVerification result = await new MemoryDumpVerifier(new VmStats.Infrastructure.Infrastructure(), null).VerifyAsync(path, null, default);
                Console.WriteLine($"{(result.IsValid ? "valid" : "invalid")}: {result.Findings}");
                return 0;
            default:
                return null;
        }
    }

    private static async Task<string> TryFolderAsync(string uri, string name, string folder, string stateFolder)
    {
        try
        {
            Directory.CreateDirectory(stateFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await DumpAsync(uri, name, folder, stateFolder, Path.Combine(stateFolder, "t.db"), level: 1, avoidFifo: false);
            return "ok";
        }
        catch (VmStatsException e)
        {
            return e.ErrorId;
        }
    }

    // What came of it, as its last line.
    private static async Task<int> TryDumpAsync(string uri, string name, string folder, string stateFolder, string file, bool avoidFifo)
    {
        try
        {
            await DumpAsync(uri, name, folder, stateFolder, file, level: 1, avoidFifo);
            return 0;
        }
        catch (VmStatsException e)
        {
            Console.WriteLine($"{e.ErrorId} | {e.Message} | {e.Recommendation}");
            return 1;
        }
    }

    private static async Task DumpAsync(string uri, string name, string folder, string stateFolder, string file, int level, bool avoidFifo)
    {
        VmStats.Infrastructure.Infrastructure infrastructure = new();
        await using IHypervisor hypervisor = HypervisorFactory.Open(uri, new VmStatsSettings());
        await using ITelemetryStore store = StoreFactory.Open(
            file.StartsWith("http", StringComparison.Ordinal) ? new ConnectionOptions { Url = new Uri(file), Database = "none" } : new ConnectionOptions { Url = StoreAddress.FromPath(file) },
            infrastructure);
        VmInfo vm = (await hypervisor.ListAsync(default)).Single(one => one.Name == name);
        MemoryDumperOptions options = new() { Folder = folder, StateFolder = stateFolder, AvoidFifo = avoidFifo };
        await using MemoryDumper dumper = new(hypervisor, store, infrastructure, options);
        await dumper.DumpAsync(new MemoryDumpRequest { Vm = vm, CompressionLevel = level }, null, default);
        await dumper.CompleteAsync(default);
    }
}
