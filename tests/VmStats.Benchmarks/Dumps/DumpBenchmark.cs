using System.Globalization;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Hypervisors;

namespace VmStats.Benchmarks.Dumps;

/// <summary>
/// Memory dumps of one believable image (45 % zero, 30 % code, 15 % text, 10 % noise), from the pipe to the sealed file
/// with its manifest and its line in the ledger, beside the original's method and what one would type.
/// </summary>
internal static class DumpBenchmark
{
    private const int Runs = 3;

    // The original's method, on a raw file that is there already: hash it, then gzip it at level 6.
    private const string Original = """
        import gzip, hashlib, shutil, sys
        digest = hashlib.sha256()
        with open(sys.argv[1], "rb") as raw:
            while block := raw.read(1 << 20):
                digest.update(block)
        with open(sys.argv[1], "rb") as raw, gzip.open(sys.argv[2], "wb", compresslevel=6) as packed:
            shutil.copyfileobj(raw, packed)
        """;

    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is ["--once", string compression, string image, string folder])
        {
            await OneDump.RunAsync(Enum.Parse<MemoryDumpCompression>(compression), image, folder);
            return;
        }

        string root = Directory.CreateTempSubdirectory("vmstats-bench-").FullName;
        try
        {
            Console.WriteLine($"load {(await File.ReadAllTextAsync("/proc/loadavg")).Trim()}, {Environment.ProcessorCount} cores");
            if (arguments.Contains("--first-byte"))
            {
                await FirstByteBenchmark.RunAsync(root, withGuest: arguments.Contains("--guest"));
                return;
            }

            if (arguments.Contains("--guest") || arguments.Contains("--large"))
            {
                await PauseBenchmark.RunAsync(arguments.Contains("--large") ? [128, 1024] : [128], root);
                return;
            }

            int[] sizes = SizesOf(arguments);
            for (int i = 0; i < sizes.Length; i++)
            {
                await RatesAsync(sizes[i], root, withPeers: i == 0);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    // The first size beside its peers; the others show what depends on the size.
    private static async Task RatesAsync(int sizeMiB, string root, bool withPeers)
    {
        string image = Path.Combine(root, "image.elf");
        await MakeImageAsync(image, sizeMiB);
        long raw = new FileInfo(image).Length;
        Console.WriteLine(FormattableString.Invariant($"an image of {raw / 1048576.0:F0} MiB, best of {Runs}"));
        double baseline = withPeers ? await PeersAsync(image, root, raw) : 0;
        Dictionary<MemoryDumpCompression, double> rates = [];
        foreach (MemoryDumpCompression compression in Enum.GetValues<MemoryDumpCompression>().Reverse())
        {
            (Cost cost, long stored) = await OneDump.MeasureAsync(compression, image, root, Runs);
            cost.Print($"VmStats {compression}", raw, stored, baseline);
            rates[compression] = raw / 1e6 / cost.Seconds;
        }

        if (withPeers)
        {
            await StageBenchmark.RunAsync(image, root, rates);
        }

        File.Delete(image);
    }

    /// <returns>MB/s of the original's method.</returns>
    private static async Task<double> PeersAsync(string image, string root, long raw)
    {
        string packed = Path.Combine(root, "packed");
        Cost original = await Cost.BestOfAsync(1, () => Cost.OfAsync("python3", "-c", Original, image, packed));
        double baseline = raw / 1e6 / original.Seconds;
        original.Print("original: hashlib, then gzip 6", raw, new FileInfo(packed).Length, baseline);
        Cost typed = await Cost.BestOfAsync(Runs, () => Cost.OfAsync("bash", "-c", $"zstd -1 -T0 -q -f '{image}' -o '{packed}' && sha256sum '{image}' >/dev/null"));
        typed.Print("zstd -1 -T0, then sha256sum", raw, new FileInfo(packed).Length, baseline);
        File.Delete(packed);
        return baseline;
    }

    // A simulated VM's memory, as the hypervisor would write it.
    private static async Task MakeImageAsync(string path, int sizeMiB)
    {
        double factor = sizeMiB / 128.0;
        await using IHypervisor fleet = HypervisorFactory.Open(
            string.Create(CultureInfo.InvariantCulture, $"sim://bench?vms=1&mem={factor}"), new VmStatsSettings());
        VmInfo vm = (await fleet.ListAsync(default))[0];
        await fleet.DumpMemoryAsync(vm.Uuid, path, new CoreDumpOptions(), default);
    }

    private static int[] SizesOf(string[] arguments)
    {
        int at = Array.IndexOf(arguments, "--size");
        return at < 0 ? [512] : Array.ConvertAll(arguments[at + 1].Split(','), text => int.Parse(text, CultureInfo.InvariantCulture));
    }
}
