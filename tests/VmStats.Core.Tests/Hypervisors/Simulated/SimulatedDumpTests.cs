using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Hypervisors.Simulated;

public sealed class SimulatedDumpTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-sim-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_dump_is_an_elf_core_of_the_vms_memory_and_bios()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.5");
        VmInfo vm = await FindAsync(fleet, "web01");
        string path = Path.Combine(_folder, "web01.elf");
        await fleet.DumpMemoryAsync(vm.Uuid, path, new CoreDumpOptions(), default);
        byte[] core = await File.ReadAllBytesAsync(path);

        Assert.Equal("\x7f" + "ELF", Encoding.Latin1.GetString(core, 0, 4));
        Assert.Equal((4, 62), (BinaryPrimitives.ReadUInt16LittleEndian(core.AsSpan(16)), BinaryPrimitives.ReadUInt16LittleEndian(core.AsSpan(18))));
        (uint Type, long Offset, ulong Address, long Size)[] segments = [.. Enumerable.Range(0, 3).Select(i => Segment(core, i))];
        Assert.Equal([4u, 1u, 1u], segments.Select(segment => segment.Type));
        Assert.Equal((0UL, vm.MaximumMemoryBytes), (segments[1].Address, segments[1].Size));
        Assert.Equal((0xFFFC0000UL, 256L << 10), (segments[2].Address, segments[2].Size));
        Assert.Equal(segments[0].Offset + segments[0].Size, segments[1].Offset);
        Assert.Equal(segments[1].Offset + segments[1].Size, segments[2].Offset);
        Assert.Equal(core.Length, segments[2].Offset + segments[2].Size);
        Assert.Equal(vm.Cpus * 2, CountNotes(core.AsSpan((int)segments[0].Offset, (int)segments[0].Size)));
        Assert.True(core.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"VMSTATS-SIM-{vm.Uuid:D}")) > 0);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task Memory_is_zero_text_code_and_noise_in_believable_shares()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.5");
        VmInfo vm = await FindAsync(fleet, "web01");
        string path = Path.Combine(_folder, "image");
        await fleet.DumpMemoryAsync(vm.Uuid, path, new CoreDumpOptions(), default);
        byte[] core = await File.ReadAllBytesAsync(path);
        long ram = Segment(core, 1).Offset;
        Dictionary<string, int> pages = [];
        int count = (int)(vm.MaximumMemoryBytes / 4096);
        for (int page = 0; page < count; page++)
        {
            string kind = Kind(core.AsSpan((int)ram + (page * 4096), 4096));
            pages[kind] = pages.GetValueOrDefault(kind) + 1;
        }

        Assert.InRange(100.0 * pages["zero"] / count, 43, 47);
        Assert.InRange(100.0 * pages["text"] / count, 13, 17);
        Assert.InRange(100.0 * pages["code"] / count, 28, 32);
        Assert.InRange(100.0 * pages["random"] / count, 8, 12);
    }

    [Fact]
    public async Task While_it_is_dumped_a_vm_is_paused_and_afterwards_it_runs()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.125&dumprate=16");
        VmInfo vm = await FindAsync(fleet, "web01");
        Task dump = fleet.DumpMemoryAsync(vm.Uuid, Path.Combine(_folder, "x"), new CoreDumpOptions(), default);
        CoreDumpProgress seen = await Eventually.GetAsync("progress", s_patience, async () =>
            await fleet.GetDumpProgressAsync(vm.Uuid, default) is { ProcessedBytes: > 0 } progress ? progress : null);
        VmStatistics first = await ReadAsync(fleet, vm);
        VmStatistics second = await ReadAsync(fleet, vm);
        VmStatsException busy = await Assert.ThrowsAsync<VmStatsException>(
            () => fleet.DumpMemoryAsync(vm.Uuid, Path.Combine(_folder, "y"), new CoreDumpOptions(), default));
        await dump.WaitAsync(s_patience);

        Assert.True(seen.ProcessedBytes <= seen.TotalBytes);
        Assert.Equal((VmState.Paused, 4), (first.Vm.State, first.Vm.StateReason));
        Assert.Equal(first.CpuTime, second.CpuTime);
        Assert.Equal("VmBusy", busy.ErrorId);
        Assert.Null(await fleet.GetDumpProgressAsync(vm.Uuid, default));
        VmStatistics after = await ReadAsync(fleet, vm);
        Assert.Equal(VmState.Running, after.Vm.State);
        Assert.True(after.CpuTime >= second.CpuTime);
    }

    [Fact]
    public async Task A_cancelled_dump_leaves_no_file_and_a_running_vm()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.125&dumprate=4");
        VmInfo vm = await FindAsync(fleet, "web01");
        string path = Path.Combine(_folder, "x");
        using CancellationTokenSource cancel = new();
        Task dump = fleet.DumpMemoryAsync(vm.Uuid, path, new CoreDumpOptions(), cancel.Token);
        await Eventually.TrueAsync("the file is there", s_patience, () => Task.FromResult(File.Exists(path)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dump.WaitAsync(s_patience));
        Assert.False(File.Exists(path));
        Assert.Equal(VmState.Running, (await ReadAsync(fleet, vm)).Vm.State);
    }

    [Fact]
    public async Task A_crash_dump_turns_the_vm_off_and_a_reset_gives_it_a_fresh_guest()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.125");
        VmInfo crashed = await FindAsync(fleet, "web01");
        await fleet.DumpMemoryAsync(crashed.Uuid, Path.Combine(_folder, "c"), new CoreDumpOptions { Crash = true }, default);
        VmStatistics off = await ReadAsync(fleet, crashed);
        Assert.Equal((VmState.ShutOff, 3), (off.Vm.State, off.Vm.StateReason));
        Assert.Null(off.CpuTime);
        Assert.Equal("VmNotRunning", (await Assert.ThrowsAsync<VmStatsException>(
            () => fleet.DumpMemoryAsync(crashed.Uuid, Path.Combine(_folder, "d"), new CoreDumpOptions(), default))).ErrorId);

        VmInfo reset = await FindAsync(fleet, "db01");
        VmStatistics before = await ReadAsync(fleet, reset);
        await fleet.DumpMemoryAsync(reset.Uuid, Path.Combine(_folder, "r"), new CoreDumpOptions { Reset = true }, default);
        VmStatistics after = await ReadAsync(fleet, reset);
        Assert.Equal((VmState.Running, before.Vm.Id), (after.Vm.State, after.Vm.Id));
        Assert.True(after.CpuTime >= before.CpuTime, "QEMU's counters live on over a reset");
        Assert.True(after.Balloon.MinorFault < before.Balloon.MinorFault, "the guest's own counters begin again");
    }

    [Fact]
    public async Task What_can_not_be_dumped_is_refused_by_id()
    {
        await using IHypervisor fleet = Open("vms=20&mem=0.125");
        VmInfo running = await FindAsync(fleet, "web01");
        VmInfo off = (await fleet.ListAsync(default)).First(vm => vm.State == VmState.ShutOff);
        string path = Path.Combine(_folder, "x");
        Assert.Equal("VmNotFound", await RefusalAsync(fleet, Guid.NewGuid(), path, new()));
        Assert.Equal("VmNotRunning", await RefusalAsync(fleet, off.Uuid, path, new()));
        Assert.Equal("DumpFormatNotSupported", await RefusalAsync(fleet, running.Uuid, path, new() { Format = CoreDumpFormat.KdumpZlib }));
        Assert.Equal("DumpPathNotWritable", await RefusalAsync(fleet, running.Uuid, Path.Combine(_folder, "no", "x"), new()));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [SkippableFact]
    public async Task A_fifo_takes_the_dump_and_a_reader_that_goes_away_ends_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no FIFOs");
        await using IHypervisor fleet = Open("vms=20&mem=0.125");
        VmInfo vm = await FindAsync(fleet, "web01");
        string fifo = Path.Combine(_folder, "fifo");
        using (Process make = Process.Start("mkfifo", [fifo]))
        {
            await make.WaitForExitAsync();
        }

        Task<long> whole = Task.Run(() => Read(fifo, long.MaxValue));
        await fleet.DumpMemoryAsync(vm.Uuid, fifo, new CoreDumpOptions(), default).WaitAsync(s_patience);
        Assert.True(await whole.WaitAsync(s_patience) > vm.MaximumMemoryBytes);

        Task<long> part = Task.Run(() => Read(fifo, 1 << 20));
        VmStatsException cut = await Assert.ThrowsAsync<VmStatsException>(
            () => fleet.DumpMemoryAsync(vm.Uuid, fifo, new CoreDumpOptions(), default).WaitAsync(s_patience));
        await part.WaitAsync(s_patience);
        Assert.Equal(("DumpStreamClosed", VmStatsErrorKind.WriteFailed), (cut.ErrorId, cut.Kind));
        Assert.True(File.Exists(fifo), "the FIFO isn't the hypervisor's to remove");
        Assert.Equal(VmState.Running, (await ReadAsync(fleet, vm)).Vm.State);
    }

    private static IHypervisor Open(string parameters) =>
        HypervisorFactory.Open("sim://fleet?" + parameters, new VmStatsSettings());

    // Simulated VMs restart by the clock: where this one is off right now, another that runs will do.
    private static async Task<VmInfo> FindAsync(IHypervisor fleet, string name) =>
        (await fleet.ListAsync(default)).Where(vm => vm.State == VmState.Running).OrderBy(vm => vm.Name != name).First();

    private static async Task<VmStatistics> ReadAsync(IHypervisor fleet, VmInfo vm) =>
        (await fleet.GetStatisticsAsync(default)).Single(statistics => statistics.Vm.Uuid == vm.Uuid);

    private static async Task<string> RefusalAsync(IHypervisor fleet, Guid vm, string path, CoreDumpOptions options) =>
        (await Assert.ThrowsAsync<VmStatsException>(() => fleet.DumpMemoryAsync(vm, path, options, default))).ErrorId;

    private static long Read(string path, long atMost)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] buffer = new byte[1 << 16];
        long length = 0;
        for (int read; length < atMost && (read = stream.Read(buffer)) > 0;)
        {
            length += read;
        }

        return length;
    }

    private static (uint Type, long Offset, ulong Address, long Size) Segment(byte[] core, int index)
    {
        ReadOnlySpan<byte> header = core.AsSpan(64 + (56 * index), 56);
        return (
            BinaryPrimitives.ReadUInt32LittleEndian(header),
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]));
    }

    private static int CountNotes(ReadOnlySpan<byte> notes)
    {
        int count = 0;
        while (notes.Length > 0)
        {
            int name = BinaryPrimitives.ReadInt32LittleEndian(notes), description = BinaryPrimitives.ReadInt32LittleEndian(notes[4..]);
            notes = notes[(12 + ((name + 3) & ~3) + ((description + 3) & ~3))..];
            count++;
        }

        return count;
    }

    // By how many different bytes a page has, leaving out the eight that it begins with.
    private static string Kind(ReadOnlySpan<byte> page)
    {
        HashSet<byte> values = [.. page[8..]];
        return values.Count == 1 ? "zero"
            : page[8..].IndexOfAnyExceptInRange((byte)'\n', (byte)'~') < 0 ? "text"
            : page.Count((byte)0x48) > 100 ? "code" : "random";
    }
}
