using System.Diagnostics;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Dumps.Capture;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;

namespace VmStats.Benchmarks.Dumps;

/// <summary>How long a real guest is paused: by virsh to a file, and by VmStats with each compression.</summary>
internal static class PauseBenchmark
{
    private const int Runs = 5;

    public static async Task RunAsync(int[] sizesMiB, string root)
    {
        if (LibvirtSession.WhyAbsent is string why)
        {
            Console.WriteLine($"No guest: {why}.");
            return;
        }

        await using LibvirtSession session = await LibvirtSession.StartAsync();
        await using IHypervisor hypervisor = HypervisorFactory.Open(session.Uri, new VmStatsSettings());
        foreach (int size in sizesMiB)
        {
            GuestVm guest = await session.DefineAndStartAsync($"guest{size}", size);
            await LibvirtSession.WaitForGuestAsync(guest);
            await MeasureAsync(session, hypervisor, guest, size, root);
            await session.VirshAsync("destroy", guest.Name);
        }
    }

    private static async Task MeasureAsync(LibvirtSession session, IHypervisor hypervisor, GuestVm guest, int size, string root)
    {
        VmInfo vm = (await hypervisor.ListAsync(default)).Single(one => one.Uuid == guest.Uuid);
        string file = Path.Combine(session.DumpFolder, "virsh.elf");
        await PrintAsync($"{size} MiB guest: virsh dump --memory-only", async () =>
        {
            long started = Stopwatch.GetTimestamp();
            await session.VirshAsync("dump", "--memory-only", guest.Name, file);
            return Stopwatch.GetElapsedTime(started);
        });
        foreach ((MemoryDumpCompression compression, long buffer) in Settings(vm.MaximumMemoryBytes))
        {
            string folder = Path.Combine(root, $"{size}-{compression}-{buffer}");
            await using MemoryDumper dumper = new(
                hypervisor, null, new VmStats.Infrastructure.Infrastructure(), new MemoryDumperOptions { Folder = folder, StateFolder = Path.Combine(root, "state") });
            MemoryDumpRequest request = new() { Vm = vm, Compression = compression, BufferBytes = buffer };
            await PrintAsync(
                $"{size} MiB guest: VmStats {compression}, buffer {buffer >> 20} MiB", async () => (await dumper.DumpAsync(request, null, default)).PauseTime!.Value);
            Directory.Delete(folder, recursive: true);
        }
    }

    // The usual buffer, and one that takes the whole guest.
    private static IEnumerable<(MemoryDumpCompression Compression, long Buffer)> Settings(long memory) =>
        from compression in (MemoryDumpCompression[])[MemoryDumpCompression.None, MemoryDumpCompression.Zstd, MemoryDumpCompression.Gzip]
        from buffer in (long[])[MemoryDumpRequest.DefaultBufferBytes, memory + (16L << 20)]
        select (compression, buffer);

    private static async Task PrintAsync(string what, Func<Task<TimeSpan>> run)
    {
        await run();
        List<TimeSpan> times = [];
        for (int i = 0; i < Runs; i++)
        {
            times.Add(await run());
        }

        times.Sort();
        Console.WriteLine(FormattableString.Invariant(
            $"{what,-56} median {times[Runs / 2].TotalMilliseconds,7:F0} ms, {times[0].TotalMilliseconds:F0} to {times[^1].TotalMilliseconds:F0}"));
    }
}
