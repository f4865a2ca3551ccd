using VmStats.Dumps.Records;
using VmStats.IO;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Core.Tests.Dumps.Records;

/// <summary>A record that its store can't take waits beside the dump, for that store alone, and is lost by nothing.</summary>
public sealed class RecordSpoolTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task While_the_store_is_away_records_wait_and_the_next_dump_brings_them()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord first = await lab.TakeAsync(store: store);
        MemoryDumpException off = await Assert.ThrowsAsync<MemoryDumpException>(() => lab.TakeAsync(vm: "mail01", store: store));
        Assert.Equal("VmNotRunning", off.ErrorId);
        string spool = Path.Combine(lab.Folder, RecordSpool.FolderName);
        Assert.Contains(spool, Assert.Single(first.Warnings), StringComparison.Ordinal);
        Assert.Contains("The store is away.", first.Warnings[0], StringComparison.Ordinal);
        Assert.Equal([$"{first.DumpId}", $"{off.Record.DumpId}"], DumpLab.WaitingDumps(lab.Folder));
        Assert.Equal(UnixFiles.PrivateFolder, File.GetUnixFileMode(spool));
        Assert.All(Segments(lab), path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
        Assert.Empty(await lab.RecordsAsync());

        store.IsAway = false;
        MemoryDumpRecord second = await lab.TakeAsync(store: store);
        Assert.Empty(second.Warnings);
        Assert.Empty(Segments(lab));
        List<MemoryDumpRecord> records = await lab.RecordsAsync();
        Assert.Equal([second.DumpId, off.Record.DumpId, first.DumpId], records.Select(record => record.DumpId));
        Assert.Equal(
            (first.Time, first.Sha256, first.LedgerHead, first.Duration, first.State),
            (records[2].Time, records[2].Sha256, records[2].LedgerHead, records[2].Duration, records[2].State));
        Assert.Equal((MemoryDumpState.Failed, "VmNotRunning"), (records[1].State, records[1].ErrorId));
        Assert.Empty(await lab.FindAsync(first.Path!));
    }

    [SkippableFact]
    public async Task A_record_that_an_earlier_version_spooled_has_its_times()
    {
        await using DumpLab lab = new();
        Directory.CreateDirectory(lab.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string spool = Path.Combine(lab.Folder, RecordLines.FileName);
        await File.WriteAllTextAsync(spool, $$$"""{"store":"{{{lab.Store.Info.Address}}}","database":"{{{lab.Store.Info.Database}}}","reason":"It was away.","record":{"time":"2026-10-25T02:30:00.1234567+01:00","name":"db01","state":"Failed","changeTime":"2026-10-25T00:30:01+00:00","ratio":null}}""" + "\n");
        File.SetUnixFileMode(spool, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await lab.TakeAsync();
        MemoryDumpRecord record = Assert.Single(await lab.RecordsAsync(), one => one.State == MemoryDumpState.Failed);
        Assert.Equal(new DateTime(2026, 10, 25, 1, 30, 0, DateTimeKind.Utc).AddTicks(1_234_567), record.TimeUtc);
        Assert.Equal(new DateTime(2026, 10, 25, 0, 30, 1, DateTimeKind.Utc), record.ChangeTimeUtc);
        Assert.Equal((DateTimeKind.Utc, DateTimeKind.Local), (record.TimeUtc.Kind, record.Time.Kind));
    }

    [SkippableFact]
    public async Task A_record_waits_for_its_own_store_and_no_other_gets_it()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord waiting = await lab.TakeAsync(store: store);
        await using ITelemetryStore other = lab.Infrastructure.OpenEmbeddedStore(Path.Combine(lab.Root, "other.db"), retention: null);
        await lab.TakeAsync(store: other);
        Assert.Equal($"{waiting.DumpId}", Assert.Single(DumpLab.WaitingDumps(lab.Folder)));
        List<MemoryDumpRecord> elsewhere = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(other).ReadAsync(new MemoryDumpFilter(), default))
        {
            elsewhere.Add(record);
        }

        Assert.DoesNotContain(elsewhere, record => record.DumpId == waiting.DumpId);
        await lab.TakeAsync();
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == waiting.DumpId);
    }

    [SkippableFact]
    public async Task A_record_torn_by_a_crash_and_one_that_is_refused_stand_in_nobodys_way_and_are_told()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord refused = await lab.TakeAsync(store: store);
        MemoryDumpRecord torn = await lab.TakeAsync(store: store);
        string segment = Segments(lab)[^1];
        await File.WriteAllBytesAsync(segment, (await File.ReadAllBytesAsync(segment))[..^7]);
        MemoryDumpRecord good = await lab.TakeAsync(store: store);
        Assert.Equal(3, Segments(lab).Length);

        store.IsAway = false;
        store.Refuses = point => point.Fields.Any(value => value.ToString() == refused.DumpId.ToString());
        List<string> told = [];
        await lab.TakeAsync(store: store, told: told);
        List<MemoryDumpRecord> records = await lab.RecordsAsync();
        Assert.Contains(records, record => record.DumpId == good.DumpId);
        Assert.DoesNotContain(records, record => record.DumpId == refused.DumpId || record.DumpId == torn.DumpId);
        Assert.Equal($"{refused.DumpId}", Assert.Single(DumpLab.WaitingDumps(lab.Folder)));
        Assert.Contains("refused by the test", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains($"points lost: 1. What is whole was written; the file is kept as '{segment}.damaged'", told[0], StringComparison.Ordinal);
        Assert.True(File.Exists(segment + ".damaged"));

        store.Refuses = _ => false;
        await lab.TakeAsync(store: store);
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == refused.DumpId);
        Assert.Empty(Segments(lab));
    }

    [SkippableFact]
    public async Task Where_the_dump_folder_takes_no_spool_the_state_folder_does()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        Directory.CreateDirectory(lab.Folder, UnixFiles.PrivateFolder);
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, RecordSpool.FolderName), "no folder");
        MemoryDumpRecord waiting = await lab.TakeAsync(store: store);
        Assert.Contains(Path.Combine(lab.StateFolder, RecordSpool.FolderName), Assert.Single(waiting.Warnings), StringComparison.Ordinal);
        store.IsAway = false;
        await lab.TakeAsync(store: store);
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == waiting.DumpId);
    }

    [SkippableFact]
    public async Task A_spool_that_is_being_brought_takes_records_and_keeps_those_that_came_meanwhile()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord first = await lab.TakeAsync(store: store), second = await lab.TakeAsync(store: store);
        store.IsAway = false;
        TaskCompletionSource isWriting = new(), goOn = new();
        store.BeforeWrite = () =>
        {
            isWriting.TrySetResult();
            return goOn.Task;
        };
        using PinnedFolder folder = PinnedFolder.Open(lab.Folder, FolderUse.Write);
        RecordSpool spool = new(folder);
        Task<RecordReplay> bringing = spool.ReplayAsync(store, default);
        await isWriting.Task.WaitAsync(s_patience);

        // Whoever has a record to add doesn't wait for the store.
        SpooledRecord another = new("http://elsewhere.example", "db", "away", second with { DumpId = Guid.NewGuid() });
        SpooledRecord ours = new(store.Info.Address, store.Info.Database, "away", second with { DumpId = Guid.NewGuid() });
        await Task.Run(() =>
        {
            spool.Add(another);
            spool.Add(ours);
        }).WaitAsync(s_patience);
        goOn.SetResult();
        Assert.Equal(2, (await bringing.WaitAsync(s_patience)).Written);
        Assert.Equal([first.DumpId, second.DumpId], (await lab.RecordsAsync()).Select(record => record.DumpId).OrderBy(id => id == second.DumpId));
        Assert.Equal([$"{another.Record.DumpId}", $"{ours.Record.DumpId}"], DumpLab.WaitingDumps(lab.Folder));
    }

    [SkippableFact]
    public async Task What_was_brought_until_patience_ended_waits_no_more()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord first = await lab.TakeAsync(store: store), second = await lab.TakeAsync(store: store);
        store.IsAway = false;
        using CancellationTokenSource patience = new();
        int writes = 0;
        store.BeforeWrite = () => ++writes == 1 ? Task.CompletedTask : Task.WhenAll(patience.CancelAsync(), new TaskCompletionSource().Task);
        using PinnedFolder folder = PinnedFolder.Open(lab.Folder, FolderUse.Write);
        Assert.Equal(1, (await new RecordSpool(folder).ReplayAsync(store, patience.Token).WaitAsync(s_patience)).Written);
        Assert.Equal(first.DumpId, Assert.Single(await lab.RecordsAsync()).DumpId);
        Assert.Equal($"{second.DumpId}", Assert.Single(DumpLab.WaitingDumps(lab.Folder)));
    }

    [SkippableFact]
    public async Task A_spool_that_another_process_is_at_holds_no_dump_up()
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        MemoryDumpRecord waiting = await lab.TakeAsync(store: store);
        store.IsAway = false;
        using (DumpLab.Lock(Path.Combine(Path.GetDirectoryName(Segments(lab)[0])!, "replay.lock")))
        {
            await lab.TakeAsync(store: store);
            Assert.DoesNotContain(await lab.RecordsAsync(), record => record.DumpId == waiting.DumpId);
        }

        await lab.TakeAsync(store: store);
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == waiting.DumpId);
    }

    private static string[] Segments(DumpLab lab) =>
        [.. Directory.GetFiles(Path.Combine(lab.Folder, RecordSpool.FolderName), "*" + SpoolSegment.Extension, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
