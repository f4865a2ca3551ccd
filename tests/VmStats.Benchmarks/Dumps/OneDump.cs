using System.Diagnostics;
using System.Globalization;
using VmStats.Dumps.Capture;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Benchmarks.Dumps;

/// <summary>Dumps of an image in a process of their own, so that its peak memory is theirs.</summary>
internal static class OneDump
{
    /// <summary>Runs this program again for some dumps by the whole engine.</summary>
    public static async Task<(Cost Cost, long Stored)> MeasureAsync(MemoryDumpCompression compression, string image, string root, int runs)
    {
        long stored = 0;
        Cost cost = await Cost.BestOfAsync(runs, async () =>
        {
            string folder = Path.Combine(root, $"{Guid.NewGuid():N}");
            string text = await Tool.RunAsync(
                "dotnet", [typeof(OneDump).Assembly.Location, "dumps", "--once", $"{compression}", image, folder], TimeSpan.FromMinutes(20));
            string[] figures = text.Trim().Split('\n')[^1].Split(' ');
            stored = Directory.GetFiles(folder, "image_*").Where(file => !file.EndsWith(".json", StringComparison.Ordinal)).Max(file => new FileInfo(file).Length);
            Directory.Delete(folder, recursive: true);
            return new Cost(Number(figures[0]), Number(figures[1]), Number(figures[2]));
        });
        return (cost, stored);
    }

    /// <summary>Takes two dumps, the first to warm up; prints the second's wall time and CPU time, and the peak memory of both.</summary>
    public static async Task RunAsync(MemoryDumpCompression compression, string image, string folder)
    {
        await using ImageHypervisor hypervisor = new(image);
        await using MemoryDumper dumper = new(
            hypervisor, null, new VmStats.Infrastructure.Infrastructure(), new MemoryDumperOptions { Folder = folder, StateFolder = folder + "/state" });
        MemoryDumpRequest request = new() { Vm = hypervisor.Vm, Compression = compression };
        await dumper.DumpAsync(request, null, default);
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        await dumper.DumpAsync(request, null, default);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double cpu = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        string peak = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        double peakMiB = Number(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
        Console.WriteLine(FormattableString.Invariant($"{seconds} {cpu} {peakMiB}"));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
