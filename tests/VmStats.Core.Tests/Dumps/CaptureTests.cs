using System.Collections.Concurrent;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Dumps.Capture;
using VmStats.Dumps.State;
using VmStats.Fixtures;
using VmStats.Hypervisors;

namespace VmStats.Core.Tests.Dumps;

/// <summary>How a dump is taken: by pipe or by file, its limits, its turn, its progress.</summary>
public sealed class CaptureTests
{
    private const string Slow = "vms=8&seed=3&mem=0.125&dumprate=4";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task Where_no_pipe_is_to_be_had_a_file_serves_a_warning_says_so_and_the_file_goes()
    {
        await using DumpLab lab = new();
        await using MemoryDumper dumper = Dumper(lab, avoidFifo: true);
        MemoryDumpRecord record = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default);
        Assert.Contains("through a file on disk", Assert.Single(record.Warnings), StringComparison.Ordinal);
        Assert.False(Directory.Exists(new DumpStateStore(lab.StateFolder).ReadAll().Single().Rendezvous));
        Assert.Empty(await lab.FindAsync(record.Path!));

        // The same memory, whichever way it came: a simulated VM's is its own at each moment.
        MemoryDumpVerification verified = await lab.VerifyAsync(record.Path!);
        Assert.True(verified.RawBytes > (await lab.VmAsync()).MaximumMemoryBytes);
    }

    [SkippableFact]
    public async Task Progress_is_exact_to_the_byte_and_its_phases_come_in_order()
    {
        await using DumpLab lab = new("vms=8&seed=3&mem=0.125&dumprate=32");
        ConcurrentQueue<MemoryDumpProgress> seen = new();
        await using MemoryDumper dumper = lab.Dumper();
        MemoryDumpRecord record = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, new ProgressListener(seen.Enqueue), default);
        MemoryDumpProgress last = seen.Last();
        Assert.Equal((record.RawBytes!.Value, record.RawBytes, 100), (last.ProcessedBytes, last.TotalBytes, last.PercentComplete!.Value));
        Assert.Equal(seen.Select(progress => progress.ProcessedBytes).Order(), seen.Select(progress => progress.ProcessedBytes));
        Assert.Equal(seen.Select(progress => progress.Phase).Order(), seen.Select(progress => progress.Phase));
        Assert.Contains(seen, progress => progress is { Phase: MemoryDumpPhase.Capturing, MegabytesPerSecond: > 0, Remaining: not null } && progress.ProcessedBytes < record.RawBytes);
        Assert.All(seen, progress => Assert.Equal((record.DumpId, "web01"), (progress.DumpId, progress.Name)));
    }

    [SkippableFact]
    public async Task A_dump_that_takes_too_long_is_given_up_and_the_vm_goes_on()
    {
        await using DumpLab lab = new(Slow);
        await using MemoryDumper dumper = lab.Dumper();
        MemoryDumpException late = await Assert.ThrowsAsync<MemoryDumpException>(async () =>
            await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync(), Timeout = TimeSpan.FromMilliseconds(500) }, null, default));
        Assert.Equal(("DumpTimeout", VmStatsErrorKind.Timeout, MemoryDumpState.Failed), (late.ErrorId, late.Kind, late.Record.State));
        Assert.Empty(lab.Leftovers());
        Assert.Empty(Directory.GetFiles(lab.Folder, "*.elf*"));
        Assert.Equal(VmState.Running, (await lab.VmAsync()).State);
        MemoryDumpRecord kept = Assert.Single(await lab.RecordsAsync());
        Assert.Equal("DumpTimeout", kept.ErrorId);

        // Without a hash there is none that could be verified.
        Assert.Equal((null, null), (late.Record.IsHashVerified, kept.IsHashVerified));
    }

    [SkippableFact]
    public async Task Without_room_a_dump_is_refused_before_the_vm_is_paused()
    {
        await using DumpLab lab = new(Slow);
        ConcurrentQueue<MemoryDumpProgress> seen = new();
        await using MemoryDumper dumper = lab.Dumper();
        MemoryDumpException full = await Assert.ThrowsAsync<MemoryDumpException>(async () =>
            await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync(), ReserveBytes = long.MaxValue / 2 }, new ProgressListener(seen.Enqueue), default));
        Assert.Equal("DiskFull", full.ErrorId);
        Assert.Empty(seen);
        Assert.Empty(lab.Leftovers());
    }

    [SkippableFact]
    public async Task A_remote_hypervisor_is_refused_with_the_way_out_and_nothing_is_begun()
    {
        await using DumpLab lab = new();
        await using IHypervisor remote = HypervisorFactory.Open("qemu+ssh://kvm1.example/system", new VmStatsSettings());
        await using MemoryDumper dumper = new(remote, lab.Store, lab.Infrastructure, new MemoryDumperOptions { Folder = lab.Folder, StateFolder = lab.StateFolder });
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(async () => await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default));
        Assert.Equal(("DumpRemoteRefused", VmStatsErrorKind.NotSupported), (refused.ErrorId, refused.Kind));
        Assert.Contains("-ServiceUrl", refused.Recommendation, StringComparison.Ordinal);
        Assert.False(Directory.Exists(lab.Folder));
        Assert.False(Directory.Exists(lab.StateFolder));
    }

    [SkippableFact]
    public async Task A_dump_waits_for_its_turn_and_can_be_stopped_while_it_waits()
    {
        await using DumpLab lab = new(Slow);
        await using MemoryDumper dumper = Dumper(lab, maxParallel: 1);
        MemoryDumpStatusReader reader = new(lab.StateFolder);
        Task<MemoryDumpRecord> first = dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default);
        Task<MemoryDumpRecord> second = dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync("web02") }, null, default);
        MemoryDumpStatus queued = await Eventually.GetAsync("one runs and one waits", s_patience, () => Task.FromResult(
            reader.Read().Any(status => status.State == MemoryDumpState.Running) ? reader.Read().FirstOrDefault(status => status.State == MemoryDumpState.Queued) : null));
        Assert.Equal(("web02", null), (queued.Name, queued.StartedAt));

        MemoryDumpStatus ended = (await reader.CancelAsync(queued.DumpId, s_patience, default))!;
        Assert.Equal(MemoryDumpState.Cancelled, ended.State);
        Assert.Equal("DumpCancelled", (await Assert.ThrowsAsync<VmStatsException>(() => second)).ErrorId);
        Assert.Equal(MemoryDumpState.Completed, (await first.WaitAsync(s_patience)).State);
        Assert.Single(await lab.RecordsAsync());
        Assert.False(reader.RequestCancel(queued.DumpId));
    }

    [SkippableFact]
    public async Task A_guest_that_fits_into_the_buffer_does_not_wait_for_the_compressor()
    {
        await using DumpLab lab = new();
        await using MemoryDumper dumper = lab.Dumper();
        VmInfo vm = await lab.VmAsync();
        MemoryDumpRequest request = new() { Vm = vm, CompressionLevel = 17, BufferBytes = 1 };
        MemoryDumpRecord held = await dumper.DumpAsync(request, null, default);
        MemoryDumpRecord free = await dumper.DumpAsync(request with { BufferBytes = vm.MaximumMemoryBytes * 2 }, null, default);
        Assert.True(free.PauseTime < held.PauseTime / 2, $"paused for {free.PauseTime}, and {held.PauseTime} with the least buffer");
        Assert.Equal(held.RawBytes, free.RawBytes);
    }

    private static MemoryDumper Dumper(DumpLab lab, int maxParallel = 2, bool avoidFifo = false) => new(
        lab.Fleet,
        lab.Store,
        lab.Infrastructure,
        new MemoryDumperOptions { Folder = lab.Folder, StateFolder = lab.StateFolder, MaxParallel = maxParallel, AvoidFifo = avoidFifo });
}
