using System.Collections.Concurrent;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Records;
using VmStats.Dumps.Retention;
using VmStats.Dumps.State;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>A link, a pipe, a device or a folder in a file's place is not opened: it is named at once, and nothing else is done.</summary>
public sealed class PlantedFileTests
{
    private const string Lock = Ledger.FileName + ".lock";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => [.. Planted.Kinds];

    [SkippableFact]
    public async Task Verifying_makes_and_changes_nothing()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        File.Delete(Path.Combine(lab.Folder, Lock));
        string[] before = Snapshot(lab.Folder);
        Assert.Empty(await lab.FindAsync(dump.Path!));
        Assert.Equal(before, Snapshot(lab.Folder));

        // Nor where a crash has left a torn line, whose writer is looked for by the lock.
        using (FileStream ledger = new(lab.Ledger.Path, FileMode.Open))
        {
            ledger.SetLength(ledger.Length - 1);
        }

        before = Snapshot(lab.Folder);
        Assert.Empty(await lab.FindAsync(dump.Path!));
        Assert.Equal(before, Snapshot(lab.Folder));
    }

    [SkippableFact]
    public async Task Verifying_works_where_nothing_can_be_written()
    {
        await using DumpLab lab = new();
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a disk.");
        Directory.CreateDirectory(lab.Folder);
        await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "size=256m,mode=700", "vmstats-test", lab.Folder], s_patience);
        try
        {
            MemoryDumpRecord dump = await lab.TakeAsync();
            await Tool.RunAsync("mount", ["-o", "remount,ro", lab.Folder], s_patience);
            Assert.Empty(await lab.FindAsync(dump.Path!));
            MemoryDumpExpansion expanded = await ExpandAsync(lab, dump.Path!);
            Assert.True(expanded.IsVerified);
            Assert.Contains("not noted", Assert.Single(expanded.Warnings), StringComparison.Ordinal);
            MemoryDumpVerification recorded = await lab.VerifyAndRecordAsync(dump.Path!);
            Assert.Equal("LedgerNotWritable", Assert.Single(recorded.Findings).Id);
            Assert.True(recorded.IsValid);
        }
        finally
        {
            await Tool.RunAsync("umount", ["-l", lab.Folder], s_patience);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task In_the_ledgers_place_it_is_a_finding_and_no_line_is_written_through_it(string kind)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        Planted planted = await Planted.PutAsync(lab.Root, lab.Ledger.Path, kind);
        Assert.Equal(["LedgerUnsafe"], await FindAsync(lab, dump));
        MemoryDumpVerification recorded = await SoonAsync(() => lab.VerifyAndRecordAsync(dump.Path!));
        Assert.Equal(["LedgerUnsafe", "LedgerNotWritable"], recorded.Findings.Select(finding => finding.Id));
        Assert.False(recorded.IsValid);
        planted.AssertUntouched();
        await AssertNothingIsDoneAsync(lab, dump, planted);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task In_the_place_of_the_ledgers_lock_it_is_not_opened_to_read_and_refused_to_write(string kind)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        Planted planted = await Planted.PutAsync(lab.Root, Path.Combine(lab.Folder, Lock), kind);
        Assert.Empty(await FindAsync(lab, dump));
        MemoryDumpVerification recorded = await SoonAsync(() => lab.VerifyAndRecordAsync(dump.Path!));
        Assert.Equal("LedgerNotWritable", Assert.Single(recorded.Findings).Id);
        planted.AssertUntouched();
        await AssertNothingIsDoneAsync(lab, dump, planted);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task In_the_manifests_place_it_is_a_finding(string kind)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string manifest = DumpManifest.PathFor(dump.Path!);
        if (kind == "link")
        {
            // To a manifest that is right in every word.
            string moved = Path.Combine(lab.Root, "manifest");
            File.Move(manifest, moved);
            File.CreateSymbolicLink(manifest, moved);
        }
        else
        {
            await Planted.PutAsync(lab.Root, manifest, kind);
        }

        Assert.Equal(["ManifestUnsafe"], await FindAsync(lab, dump));
        Assert.Empty(await SoonAsync(() => Task.FromResult(new MemoryDumpRetention(lab.Folder, TimeProvider.System).List())));
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => ExpandAsync(lab, dump.Path!)));
        Assert.Equal("DumpFileUnsafe", refused.ErrorId);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task In_the_dumps_place_it_is_an_error(string kind)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        if (kind == "link")
        {
            string moved = Path.Combine(lab.Root, "dump");
            File.Move(dump.Path!, moved);
            File.CreateSymbolicLink(dump.Path!, moved);
        }
        else
        {
            await Planted.PutAsync(lab.Root, dump.Path!, kind);
        }

        // A folder is no dump to begin with.
        string id = kind == "folder" ? "DumpNotFound" : "DumpFileUnsafe";
        Assert.Equal(id, (await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => lab.VerifyAsync(dump.Path!)))).ErrorId);
        Assert.Equal(id, (await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => ExpandAsync(lab, dump.Path!)))).ErrorId);
        Assert.Empty(await SoonAsync(() => Task.FromResult(new MemoryDumpRetention(lab.Folder, TimeProvider.System).List())));
    }

    // A folder in a folder's place is the spool.
    [SkippableTheory]
    [InlineData("link")]
    [InlineData("dangling link")]
    [InlineData("link to a device")]
    [InlineData("pipe")]
    public async Task In_the_record_spools_place_it_is_passed_by_and_the_record_waits_elsewhere(string kind)
    {
        await using DumpLab lab = new();
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        Directory.CreateDirectory(lab.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Planted planted = await Planted.PutAsync(lab.Root, Path.Combine(lab.Folder, RecordSpool.FolderName), kind);
        MemoryDumpRecord waiting = await SoonAsync(() => lab.TakeAsync(store: store));
        Assert.Contains(Path.Combine(lab.StateFolder, RecordSpool.FolderName), Assert.Single(waiting.Warnings), StringComparison.Ordinal);
        planted.AssertUntouched();

        store.IsAway = false;
        await SoonAsync(() => lab.TakeAsync(store: store));
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == waiting.DumpId);
        planted.AssertUntouched();
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task In_the_place_of_the_lines_that_earlier_versions_left_it_is_passed_by(string kind)
    {
        await using DumpLab lab = new();
        Directory.CreateDirectory(lab.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Planted planted = await Planted.PutAsync(lab.Root, Path.Combine(lab.Folder, RecordLines.FileName), kind);
        MemoryDumpRecord taken = await SoonAsync(() => lab.TakeAsync());
        Assert.Contains(await lab.RecordsAsync(), record => record.DumpId == taken.DumpId);
        planted.AssertUntouched();
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task Among_the_states_it_is_passed_over(string kind)
    {
        await using DumpLab lab = new();
        await lab.TakeAsync();
        Planted planted = await Planted.PutAsync(lab.Root, Path.Combine(lab.StateFolder, $"{Guid.NewGuid():N}.json"), kind);
        Assert.Single(await SoonAsync(() => Task.FromResult(new MemoryDumpStatusReader(lab.StateFolder).Read().ToArray())));
        await SoonAsync(() => lab.TakeAsync());
        planted.AssertUntouched();
    }

    [SkippableFact]
    public async Task What_a_forged_state_names_outside_its_folder_is_not_removed()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string precious = Path.Combine(lab.Root, "precious");
        await File.WriteAllTextAsync(precious, "precious");
        DumpStateStore states = new(lab.StateFolder);
        states.Write(states.ReadAll().Single(state => state.DumpId == dump.DumpId) with
        {
            State = MemoryDumpState.Running,
            FinishedAt = null,
            FileName = "../precious",
            PartialPath = precious,
            Rendezvous = lab.Root,
        });
        MemoryDumpRecord recovered = Assert.Single(await new DumpRecovery(states, new DumpRecorder(lab.Store, lab.StateFolder)).RecoverAsync(lab.Folder, default));
        Assert.Equal("precious", await File.ReadAllTextAsync(precious));
        Assert.Equal((MemoryDumpState.Interrupted, null), (recovered.State, recovered.Path));
    }

    // By no cmdlet that writes: each says why, and what there is stays as it is.
    private static async Task AssertNothingIsDoneAsync(DumpLab lab, MemoryDumpRecord dump, Planted planted)
    {
        string[] before = Snapshot(lab.Folder);
        ConcurrentQueue<MemoryDumpProgress> seen = new();
        await using MemoryDumper dumper = lab.Dumper();
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync("web02") };
        MemoryDumpException refused = await Assert.ThrowsAsync<MemoryDumpException>(
            () => SoonAsync(() => dumper.DumpAsync(request, new ProgressListener(seen.Enqueue), default)));
        Assert.Equal(("DumpFileUnsafe", VmStatsErrorKind.PermissionDenied), (refused.ErrorId, refused.Kind));
        Assert.False(string.IsNullOrEmpty(refused.Recommendation));

        // Before the VM was paused, and on record.
        Assert.Empty(seen);
        Assert.Equal("DumpFileUnsafe", (await lab.RecordsAsync())[0].ErrorId);

        Assert.Equal("DumpFileUnsafe", (await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => ExpandAsync(lab, dump.Path!)))).ErrorId);
        MemoryDumpRetention retention = new(lab.Folder, TimeProvider.System);
        MemoryDumpFile file = new()
        {
            Path = dump.Path!,
            Name = dump.Name,
            Uuid = dump.Uuid!.Value,
            DumpId = dump.DumpId!.Value,
            TimeUtc = dump.TimeUtc,
            Sha256 = dump.Sha256!,
        };
        MemoryDumpRemoval removal = new() { Dump = file, Reason = "Path" };
        Assert.Equal(
            "DumpFileUnsafe",
            (await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => retention.HoldAsync(file, hold: true, null, null, default)))).ErrorId);
        Assert.Equal(
            "DumpFileUnsafe",
            (await Assert.ThrowsAsync<VmStatsException>(() => SoonAsync(() => retention.RemoveAsync(removal, new RetentionPolicy { Force = true }, null, default)))).ErrorId);
        planted.AssertUntouched();
        Assert.Equal(before, Snapshot(lab.Folder));
    }

    private static Task<string[]> FindAsync(DumpLab lab, MemoryDumpRecord dump) => SoonAsync(() => lab.FindAsync(dump.Path!));

    // What waits for the other end of a pipe may do so before it gives its task.
    private static Task<T> SoonAsync<T>(Func<Task<T>> action) => Task.Run(action).WaitAsync(s_patience);

    private static Task SoonAsync(Func<Task> action) => Task.Run(action).WaitAsync(s_patience);

    private static Task<MemoryDumpExpansion> ExpandAsync(DumpLab lab, string path) =>
        lab.Expander.ExpandAsync(path, Path.Combine(lab.Root, "expanded"), MemoryDumpImageKind.Elf, overwrite: true, null, default);

    // Names, kinds, lengths and times of all that a folder has.
    private static string[] Snapshot(string folder) =>
    [
        .. new DirectoryInfo(folder).GetFileSystemInfos()
            .Select(entry => $"{entry.Name} {entry.Attributes} {(entry is FileInfo file && entry.LinkTarget is null ? file.Length : 0)} {entry.LastWriteTimeUtc:O}")
            .Order(StringComparer.Ordinal),
    ];
}
