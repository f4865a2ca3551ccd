using VmStats.Core.Tests.Processes;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Dumps.State;
using VmStats.Fixtures;
using VmStats.IO;

namespace VmStats.Core.Tests.Dumps;

/// <summary>What a dump leaves whose process died, and that nothing of a living one is touched.</summary>
public sealed class RecoveryTests
{
    private const string Slow = "vms=8&seed=3&mem=0.125&dumprate=4";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task A_killed_dump_shows_as_interrupted_and_the_next_run_makes_it_one_record()
    {
        await using DumpLab lab = new();
        Guid dump;
        using (ChildProcess child = StartDump(lab, Slow))
        {
            dump = (await RunningAsync(lab)).DumpId;
            Assert.Single(lab.Leftovers());
            await child.KillAsync();
        }

        MemoryDumpStatus seen = Assert.Single(Status(lab));
        Assert.Equal((MemoryDumpState.Interrupted, dump, "web01", null), (seen.State, seen.DumpId, seen.Name, seen.FinishedAt));
        string rendezvous = new DumpStateStore(lab.StateFolder).ReadAll().Single().Rendezvous!;
        Assert.True(Directory.Exists(rendezvous));
        Assert.Empty(await lab.RecordsAsync());

        MemoryDumpRecord next = await lab.TakeAsync(vm: "web02");
        Assert.Empty(lab.Leftovers());
        Assert.False(Directory.Exists(rendezvous));
        List<MemoryDumpRecord> records = await lab.RecordsAsync();
        Assert.Equal(2, records.Count);
        MemoryDumpRecord interrupted = records.Single(record => record.DumpId == dump);
        Assert.Equal((MemoryDumpState.Interrupted, "DumpInterrupted", null, "web01"), (interrupted.State, interrupted.ErrorId, interrupted.Path, interrupted.Name));
        LedgerLine line = lab.Ledger.Read().Lines.Single(one => one.Entry.DumpId == dump);
        Assert.Equal((LedgerEvent.Attempt, "Interrupted: DumpInterrupted", interrupted.LedgerHead), (line.Entry.Event, line.Entry.Detail, line.Hash));
        Assert.Equal(MemoryDumpState.Interrupted, Status(lab).Single(status => status.DumpId == dump).State);
        Assert.NotNull(Status(lab).Single(status => status.DumpId == dump).FinishedAt);

        await lab.TakeAsync(vm: "web02");
        Assert.Single(await lab.RecordsAsync(), record => record.DumpId == dump);
        Assert.Empty(await lab.FindAsync(next.Path!));
    }

    [SkippableFact]
    public async Task A_living_dump_of_another_process_is_never_touched()
    {
        await using DumpLab lab = new();
        using ChildProcess child = StartDump(lab, Slow);
        MemoryDumpStatus running = await RunningAsync(lab);
        string partial = Assert.Single(lab.Leftovers());
        await lab.TakeAsync(vm: "web02");
        await RecoverAsync(lab);
        Assert.Equal(partial, Assert.Single(lab.Leftovers()));
        Assert.True(Directory.Exists(new DumpStateStore(lab.StateFolder).ReadAll().Single(data => data.DumpId == running.DumpId).Rendezvous));
        Assert.Equal(MemoryDumpState.Running, Status(lab).Single(status => status.DumpId == running.DumpId).State);

        Assert.True(await child.WaitAsync() == 0, child.Text);
        MemoryDumpRecord done = (await lab.RecordsAsync()).Single(record => record.DumpId == running.DumpId);
        Assert.Equal(MemoryDumpState.Completed, done.State);
        Assert.Empty(await lab.FindAsync(done.Path!));
        Assert.Empty(lab.Leftovers());
    }

    [SkippableFact]
    public async Task Several_who_clear_up_at_once_write_one_record()
    {
        await using DumpLab lab = new();
        using (ChildProcess child = StartDump(lab, Slow))
        {
            await RunningAsync(lab);
            await child.KillAsync();
        }

        // The first is held up in the midst of it, until the others have come and gone.
        TaskCompletionSource isWriting = new(), goOn = new();
        await using StoreProxy slow = new(lab.Store)
        {
            BeforeWrite = () =>
            {
                isWriting.TrySetResult();
                return goOn.Task;
            },
        };
        Task<IReadOnlyList<MemoryDumpRecord>> first = RecoverAsync(lab, slow);
        await isWriting.Task.WaitAsync(s_patience);
        Assert.Empty(await RecoverAsync(lab));
        await lab.TakeAsync(vm: "web02");
        Assert.DoesNotContain(await lab.RecordsAsync(), record => record.State == MemoryDumpState.Interrupted);
        goOn.SetResult();
        Assert.Single(await first.WaitAsync(s_patience));
        Assert.Empty(await RecoverAsync(lab));
        Assert.Single(await lab.RecordsAsync(), record => record.State == MemoryDumpState.Interrupted);
        Assert.Single(lab.Ledger.Read().Lines, line => line.Entry.Event == LedgerEvent.Attempt);
        Assert.Empty(lab.Leftovers());
    }

    [SkippableFact]
    public async Task A_partial_file_is_removed_only_when_its_lock_is_free_and_never_through_a_link()
    {
        await using DumpLab lab = new();
        UnixFiles.CreateFolder(lab.Folder);
        string orphan = Partial(lab), live = Partial(lab), link = Partial(lab), target = Path.Combine(lab.Root, "precious");
        await File.WriteAllTextAsync(orphan, "left behind");
        await File.WriteAllTextAsync(target, "precious");
        File.CreateSymbolicLink(link, target);
        using (DumpLab.Lock(live))
        {
            await lab.TakeAsync();
            Assert.Equal([live, link], lab.Leftovers().Order(StringComparer.Ordinal).Where(file => file != orphan).OrderBy(file => file == link));
            Assert.False(File.Exists(orphan));
        }

        await lab.TakeAsync();
        Assert.Equal([link], lab.Leftovers());
        Assert.Equal("precious", await File.ReadAllTextAsync(target));
    }

    [SkippableFact]
    public async Task Nothing_is_cleared_up_in_a_folder_that_is_a_link()
    {
        await using DumpLab lab = new();
        string real = Directory.CreateDirectory(Path.Combine(lab.Root, "real")).FullName;
        string partial = Path.Combine(real, $".{Guid.NewGuid():N}{DumpFile.PartialSuffix}");
        await File.WriteAllTextAsync(partial, "another's");
        Directory.CreateSymbolicLink(lab.Folder, real);
        MemoryDumpException refused = await Assert.ThrowsAsync<MemoryDumpException>(() => lab.TakeAsync());
        Assert.Equal("DumpFolderIsLink", refused.ErrorId);
        Assert.True(File.Exists(partial));
        Assert.Equal("DumpFolderIsLink", Assert.Single(await lab.RecordsAsync()).ErrorId);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_died_when_all_was_done_but_the_record_leaves_a_complete_one(bool ledgerToo)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord whole;
        await using (MemoryDumper withoutStore = new(lab.Fleet, null, lab.Infrastructure, new MemoryDumperOptions { Folder = lab.Folder, StateFolder = lab.StateFolder }))
        {
            whole = await withoutStore.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync(), Note = "case 1" }, null, default);
        }

        // As the process leaves it that dies just before it writes the record, or the ledger's line.
        DumpStateStore states = new(lab.StateFolder);
        DumpStateData data = states.ReadAll().Single();
        states.Write(data with { State = MemoryDumpState.Running, FinishedAt = null });
        if (!ledgerToo)
        {
            File.Delete(lab.Ledger.Path);
        }

        Assert.Equal(MemoryDumpState.Interrupted, Assert.Single(Status(lab)).State);
        MemoryDumpRecord recovered = Assert.Single(await RecoverAsync(lab));
        MemoryDumpRecord kept = Assert.Single(await lab.RecordsAsync());
        Assert.Equal(
            (MemoryDumpState.Completed, whole.Sha256, whole.StoredSha256, whole.RawBytes, whole.StoredBytes, whole.Path, "case 1"),
            (kept.State, kept.Sha256, kept.StoredSha256, kept.RawBytes, kept.StoredBytes, kept.Path, kept.Note));
        Assert.Equal((recovered.DumpId, recovered.LedgerHead), (kept.DumpId, kept.LedgerHead));
        Assert.Equal(lab.Ledger.Read().Lines.Single().Hash, kept.LedgerHead);
        Assert.Equal(MemoryDumpState.Completed, Assert.Single(Status(lab)).State);
        Assert.Equal(ledgerToo ? [] : ["CaptureNotedLate"], await lab.FindAsync(whole.Path!));
        Assert.True((await lab.VerifyAsync(whole.Path!)).IsValid);
    }

    [SkippableFact]
    public async Task A_dump_that_can_not_be_sealed_leaves_no_file_and_a_failed_record()
    {
        await using DumpLab lab = new();
        await using MemoryDumper dumper = lab.Dumper();
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync() };
        ProgressListener blocking = new(_ => Directory.CreateDirectory(lab.Ledger.Path));
        MemoryDumpException failure = await Assert.ThrowsAsync<MemoryDumpException>(() => dumper.DumpAsync(request, blocking, default));
        Assert.Equal("DumpFileUnsafe", failure.ErrorId);
        Assert.Empty(Directory.GetFiles(lab.Folder, "*.elf*"));
        Assert.Empty(lab.Leftovers());
        Assert.Equal(MemoryDumpState.Failed, Assert.Single(await lab.RecordsAsync()).State);
    }

    private static ChildProcess StartDump(DumpLab lab, string fleet) => ChildProcess.Start(
        "dump", "sim://lab?" + fleet, "web01", lab.Folder, lab.StateFolder, lab.Store.Info.Address);

    private static Task<MemoryDumpStatus> RunningAsync(DumpLab lab) => Eventually.GetAsync(
        "the dump runs in the other process",
        s_patience,
        () => Task.FromResult(Status(lab).FirstOrDefault(status => status is { State: MemoryDumpState.Running, ProcessedBytes: > 0 })));

    private static MemoryDumpStatus[] Status(DumpLab lab) => [.. new MemoryDumpStatusReader(lab.StateFolder).Read()];

    private static Task<IReadOnlyList<MemoryDumpRecord>> RecoverAsync(DumpLab lab, StoreProxy? store = null) =>
        new DumpRecovery(new DumpStateStore(lab.StateFolder), new DumpRecorder(store ?? lab.Store, lab.StateFolder)).RecoverAsync(lab.Folder, default);

    private static string Partial(DumpLab lab) => Path.Combine(lab.Folder, $".{Guid.NewGuid():N}{DumpFile.PartialSuffix}");
}
