using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using VmStats.Core.Tests.Processes;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Hypervisors;
using VmStats.IO;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Dumps;

/// <summary>Memory is volatile: a dump waits for the hypervisor and the disk, and for nobody else. Shown by the order of what happens.</summary>
public sealed class WaitsForNobodyTests
{
    private const string Slow = "vms=8&seed=3&mem=0.125&dumprate=4";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_forever = TimeSpan.FromHours(1);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Memory_comes_before_the_store_is_asked_anything_and_though_it_never_answers(bool avoidFifo)
    {
        await using DumpLab lab = new();
        ConcurrentQueue<string> events = new();
        await using SilentStore store = new(() => events.Enqueue("store"));
        await using WatchedHypervisor fleet = new(lab.Fleet, () => events.Enqueue("dump"));
        DumpStateData left = await LeaveAsync(lab, store);

        await using MemoryDumper dumper = Dumper(lab, store, TimeSpan.FromMilliseconds(300), hypervisor: fleet, avoidFifo: avoidFifo);
        MemoryDumpRecord record = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default).WaitAsync(s_patience);
        Assert.Equal("dump", events.First());
        Assert.Contains("store", events);
        Assert.Equal(MemoryDumpState.Completed, record.State);
        Assert.Contains(store.Info.Address, record.Warnings[^1], StringComparison.Ordinal);
        Assert.Contains("waits in", record.Warnings[^1], StringComparison.Ordinal);

        // What was left is cleared up all the same, and nothing is lost: it waits, as the dump's own record does.
        Assert.Null(await dumper.CompleteAsync(default).WaitAsync(s_patience));
        Assert.Empty(lab.Leftovers());
        Point[] waiting = DumpLab.Waiting(lab.Folder);
        Assert.Equal(3, waiting.Length);
        Assert.Contains(waiting, point => point.Fields.Contains(FieldValue.From($"{record.DumpId}")) && point.Fields.Contains(FieldValue.From(record.Sha256)));
        Assert.Contains($"{left.DumpId}", DumpLab.WaitingDumps(lab.Folder));
    }

    [SkippableFact]
    public async Task A_dump_whose_capture_is_over_holds_up_nobody_while_its_record_waits()
    {
        await using DumpLab lab = new();
        await using SilentStore store = new();
        using CancellationTokenSource stop = new();
        await using MemoryDumper dumper = Dumper(lab, store, s_forever);

        // One at a time, and one VM twice: each can begin only when the turn and the VM of the one before are free.
        List<Task<MemoryDumpRecord>> dumps = [];
        foreach (string vm in (string[])["web01", "web02", "web01"])
        {
            dumps.Add(dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync(vm) }, null, stop.Token));
            await EndedAsync(lab, dumps.Count);
        }

        Assert.All(dumps, dump => Assert.False(dump.IsCompleted));
        MemoryDumpStatusReader reader = new(lab.StateFolder);
        Assert.All(reader.Read(), status => Assert.Equal((MemoryDumpState.Completed, true, false), (status.State, status.FinishedAt is not null, reader.RequestCancel(status.DumpId))));

        // Whoever doesn't want to wait needn't: the records are on the disk.
        await stop.CancelAsync();
        MemoryDumpRecord[] records = await Task.WhenAll(dumps).WaitAsync(s_patience);
        Assert.All(records, record => Assert.Contains("waits in", Assert.Single(record.Warnings), StringComparison.Ordinal));
        Assert.Equal(3, DumpLab.Waiting(lab.Folder).Length);
        Assert.All(new DumpStateStore(lab.StateFolder).ReadAll(), data => Assert.Null(data.Pending));
    }

    [SkippableFact]
    public async Task Who_stops_a_dump_does_not_wait_for_its_record()
    {
        await using DumpLab lab = new(Slow);
        await using SilentStore store = new();
        await using MemoryDumper dumper = Dumper(lab, store, s_forever);
        using CancellationTokenSource stop = new();
        Task<MemoryDumpRecord> dump = dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, stop.Token);
        MemoryDumpStatusReader reader = new(lab.StateFolder);
        MemoryDumpStatus running = await Eventually.GetAsync(
            "the dump runs", s_patience, () => Task.FromResult(reader.Read().FirstOrDefault(status => status is { State: MemoryDumpState.Running, ProcessedBytes: > 0 })));
        MemoryDumpStatus? ended = await reader.CancelAsync(running.DumpId, s_patience, default);
        Assert.Equal((MemoryDumpState.Cancelled, "DumpCancelled"), (ended?.State, ended?.ErrorId));
        Assert.False(dump.IsCompleted);
        await stop.CancelAsync();
        MemoryDumpException cancelled = await Assert.ThrowsAsync<MemoryDumpException>(() => dump.WaitAsync(s_patience));
        Assert.Contains("waits in", Assert.Single(cancelled.Record.Warnings), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_record_of_a_process_that_dies_while_it_waits_for_its_store_is_brought_to_that_store_by_the_next(bool isOurStore)
    {
        await using DumpLab lab = new();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        string url = $"http://{silent.LocalEndpoint}";
        using (ChildProcess child = ChildProcess.Start("try-dump", "sim://lab?vms=8&seed=3&mem=0.125", "web01", lab.Folder, lab.StateFolder, url, "pipe"))
        {
            await Eventually.TrueAsync("the capture is over", s_patience, () => Task.FromResult(
                child.HasExited ? throw new InvalidOperationException(child.Text) : States(lab).Any(data => data.State == MemoryDumpState.Completed)));
            await child.KillAsync();
        }

        DumpStateData left = Assert.Single(States(lab));
        SpooledRecord pending = Assert.IsType<SpooledRecord>(left.Pending);
        Assert.Equal((MemoryDumpState.Completed, left.DumpId, true), (pending.Record.State, pending.Record.DumpId, pending.Store.Contains(url, StringComparison.Ordinal)));
        Assert.Empty(await lab.RecordsAsync());
        if (isOurStore)
        {
            new DumpStateStore(lab.StateFolder).Write(left with { Pending = pending with { Store = lab.Store.Info.Address, Database = lab.Store.Info.Database } });
        }

        await lab.TakeAsync(vm: "web02");
        Assert.Null(States(lab).Single(data => data.DumpId == left.DumpId).Pending);
        MemoryDumpRecord? brought = (await lab.RecordsAsync()).SingleOrDefault(record => record.DumpId == left.DumpId);
        Assert.Equal(isOurStore, brought is not null);
        string[] waiting = DumpLab.WaitingDumps(lab.Folder);
        if (isOurStore)
        {
            Assert.Equal((pending.Record.Sha256, pending.Record.LedgerHead, pending.Record.Path), (brought!.Sha256, brought.LedgerHead, brought.Path));
            Assert.Empty(await lab.FindAsync(brought.Path!));
            Assert.Empty(waiting);
        }
        else
        {
            Assert.Equal($"{left.DumpId}", Assert.Single(waiting));
        }
    }

    [SkippableFact]
    public async Task A_state_that_can_not_be_written_ends_no_dump()
    {
        await using DumpLab lab = new();

        await using WatchedHypervisor fleet = new(lab.Fleet, () => Block(lab, States(lab).Single().DumpId));
        await using MemoryDumper dumper = Dumper(lab, lab.Store, s_forever, hypervisor: fleet);
        MemoryDumpRecord record = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default);
        Assert.Equal((MemoryDumpState.Completed, 0), (record.State, record.Warnings.Count));
        Assert.Equal(record.Sha256, Assert.Single(await lab.RecordsAsync()).Sha256);
    }

    [SkippableFact]
    public async Task What_a_dead_process_left_makes_room_where_a_dump_would_not_fit()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        await using DumpLab lab = new();
        Directory.CreateDirectory(lab.Folder);
        await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "size=96m,mode=700", "vmstats-test", lab.Folder], s_patience);
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(lab.Folder, $".{Guid.NewGuid():N}{DumpFile.PartialSuffix}"), new byte[90 << 20]);
            await using MemoryDumper dumper = Dumper(lab, lab.Store, s_forever);
            MemoryDumpRequest request = new() { Vm = await lab.VmAsync(), Compression = MemoryDumpCompression.None, ReserveBytes = 0 };
            Assert.Equal(MemoryDumpState.Completed, (await dumper.DumpAsync(request, null, default)).State);
        }
        finally
        {
            await Tool.RunAsync("umount", ["-l", lab.Folder], s_patience);
        }
    }

    [SkippableFact]
    public async Task What_can_not_be_cleared_away_is_told_and_keeps_no_dump()
    {
        await using DumpLab lab = new();
        DumpStateData left = await LeaveAsync(lab, new SilentStore());
        Block(lab, left.DumpId);
        await using MemoryDumper dumper = Dumper(lab, lab.Store, s_forever);
        MemoryDumpRecord record = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, null, default);
        Assert.Equal((MemoryDumpState.Completed, 0), (record.State, record.Warnings.Count));
        Assert.Contains("could not be cleaned up", await dumper.CompleteAsync(default), StringComparison.Ordinal);
    }

    // A record for the store in a spool, and a dump whose process died, with its partial file.
    private static async Task<DumpStateData> LeaveAsync(DumpLab lab, SilentStore store)
    {
        VmInfo vm = await lab.VmAsync("web02");
        using PinnedFolder folder = PinnedFolder.Open(lab.Folder, FolderUse.Create);
        using PinnedFolder states = PinnedFolder.Open(lab.StateFolder, FolderUse.Create);
        MemoryDumpRecord earlier = new() { TimeUtc = DateTime.UtcNow, Name = vm.Name, Uuid = vm.Uuid, DumpId = Guid.NewGuid() };
        new RecordSpool(folder).Add(new SpooledRecord(store.Info.Address, store.Info.Database, "away", earlier));
        DumpStateData dead = new()
        {
            DumpId = Guid.NewGuid(),
            Name = vm.Name,
            Uuid = vm.Uuid,
            State = MemoryDumpState.Running,
            QueuedAt = DateTimeOffset.UtcNow,
            StartedAt = DateTimeOffset.UtcNow,
            Time = DateTimeOffset.UtcNow,
            Folder = lab.Folder,
            FileName = "web02.elf.zst",
        };
        dead = dead with { PartialPath = Path.Combine(lab.Folder, $".{dead.DumpId:N}{DumpFile.PartialSuffix}") };
        await File.WriteAllTextAsync(dead.PartialPath, "left behind");
        new DumpStateStore(lab.StateFolder).Write(dead);
        return dead;
    }

    // As on a full disk: the state file's successor can't be made any more.
    private static void Block(DumpLab lab, Guid dump)
    {
        string successor = Path.Combine(lab.StateFolder, $"{dump:N}.json.new");
        while (!Directory.Exists(successor))
        {
            try
            {
                Directory.CreateDirectory(successor);
            }
            catch (IOException)
            {
                // It is being written just now.
            }
        }
    }

    private static Task EndedAsync(DumpLab lab, int count) => Eventually.TrueAsync(
        $"the captures of {count} dumps are over", s_patience, () => Task.FromResult(States(lab).Count(data => data.State == MemoryDumpState.Completed) == count));

    private static DumpStateData[] States(DumpLab lab) => [.. new DumpStateStore(lab.StateFolder).ReadAll()];

    private static MemoryDumper Dumper(DumpLab lab, ITelemetryStore store, TimeSpan recordPatience, IHypervisor? hypervisor = null, bool avoidFifo = false) => new(
        hypervisor ?? lab.Fleet,
        store,
        lab.Infrastructure,
        new MemoryDumperOptions { Folder = lab.Folder, StateFolder = lab.StateFolder, MaxParallel = 1, RecordTimeout = recordPatience, AvoidFifo = avoidFifo });
}
