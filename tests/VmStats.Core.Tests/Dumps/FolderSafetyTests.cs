using VmStats.Core.Tests.Processes;
using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Records;
using VmStats.Dumps.Retention;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Dumps;

/// <summary>Nothing is written to a folder that others could exchange, at whatever step of its path; nor into one that was exchanged meanwhile.</summary>
public sealed class FolderSafetyTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Ways => [.. FolderWay.All.Keys];

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task A_dump_is_taken_only_where_nobody_else_can_exchange_it(string name)
    {
        await using DumpLab lab = new();
        FolderWay way = FolderWay.All[name];
        string goal = await way.MakeAsync(Empty(lab));
        await using MemoryDumper dumper = Dumper(lab, goal);
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync() };
        if (way.Refusal is null)
        {
            MemoryDumpRecord dump = await dumper.DumpAsync(request, null, default);
            Assert.Equal(goal, Path.GetDirectoryName(dump.Path));
            Assert.Empty(await lab.FindAsync(dump.Path!));
            return;
        }

        MemoryDumpException refused = await Assert.ThrowsAsync<MemoryDumpException>(() => dumper.DumpAsync(request, null, default));
        Assert.Equal((way.Refusal, VmStatsErrorKind.PermissionDenied), (refused.ErrorId, refused.Kind));
        Assert.False(string.IsNullOrEmpty(refused.Recommendation));
        Assert.Empty(Directory.GetFileSystemEntries(goal));
        Assert.Equal(way.Refusal, Assert.Single(await lab.RecordsAsync()).ErrorId);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task What_lies_there_is_read_and_written_to_only_where_nobody_else_can_exchange_it(string name)
    {
        await using DumpLab lab = new();
        FolderWay way = FolderWay.All[name];
        string goal = await way.MakeAsync(Empty(lab));
        MemoryDumpRecord dump = await lab.TakeAsync();
        await Tool.RunAsync("bash", ["-ec", "cp --preserve=mode \"$0\"/* \"$1\"", lab.Folder, goal], s_patience);
        string copy = Path.Combine(goal, Path.GetFileName(dump.Path!));
        string ledger = Path.Combine(goal, Ledger.FileName);
        string before = await File.ReadAllTextAsync(ledger);
        string expanded = Path.Combine(lab.Root, "expanded");

        // Reading is anybody's.
        Assert.Empty(await lab.FindAsync(copy));
        Assert.Equal(before, await File.ReadAllTextAsync(ledger));
        MemoryDumpExpansion expansion = await ExpandAsync(lab, copy, expanded);
        Assert.Equal(way.Refusal is null ? 0 : 1, expansion.Warnings.Count);
        Assert.Equal(way.Refusal is not null, before == await File.ReadAllTextAsync(ledger));

        MemoryDumpRetention retention = new(goal, TimeProvider.System);
        MemoryDumpFile listed = Assert.Single(retention.List());
        MemoryDumpRemoval removal = new() { Dump = listed, Reason = "Path" };
        string? received = way.MayReceive ? null : way.Refusal;
        Assert.Equal(received, await IdOfAsync(() => ExpandAsync(lab, copy, Path.Combine(goal, "expanded"))));
        Assert.Equal(received is null, File.Exists(Path.Combine(goal, "expanded")));
        Assert.Equal(way.Refusal, await IdOfAsync(() => lab.VerifyAndRecordAsync(copy)));
        Assert.Equal(way.Refusal, await IdOfAsync(() => retention.HoldAsync(listed, hold: true, null, null, default)));
        Assert.Equal(way.Refusal, await IdOfAsync(() => retention.HoldAsync(listed, hold: false, null, null, default)));
        Assert.Equal(way.Refusal, await IdOfAsync(() => retention.RemoveAsync(removal, new RetentionPolicy { Force = true }, null, default)));
        Assert.Equal(way.Refusal is not null, File.Exists(copy));
        Assert.Equal(way.Refusal is not null, before == await File.ReadAllTextAsync(ledger));
    }

    [SkippableFact]
    public async Task A_folder_is_not_made_below_one_that_is_refused()
    {
        await using DumpLab lab = new();
        string open = Path.Combine(Empty(lab), "open");
        Directory.CreateDirectory(open);
        File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        await using MemoryDumper dumper = Dumper(lab, Path.Combine(open, "own", "dumps"));
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync() };
        MemoryDumpException refused = await Assert.ThrowsAsync<MemoryDumpException>(() => dumper.DumpAsync(request, null, default));
        Assert.Equal("DumpFolderNotPrivate", refused.ErrorId);
        Assert.Contains($"'{open}'", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(open));
    }

    [SkippableFact]
    public async Task States_are_kept_only_where_nobody_else_can_exchange_them()
    {
        await using DumpLab lab = new();
        string state = await FolderWay.All["through a group-writable parent"].MakeAsync(Empty(lab));
        await using MemoryDumper dumper = new(lab.Fleet, lab.Store, lab.Infrastructure, new MemoryDumperOptions { Folder = lab.Folder, StateFolder = state });
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync() };
        VmStatsException refused = await Assert.ThrowsAsync<VmStatsException>(() => dumper.DumpAsync(request, null, default));
        Assert.Equal("DumpStateFolderUnusable", refused.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(state));
    }

    [SkippableFact]
    public async Task A_parent_that_is_exchanged_while_a_dump_runs_leads_nothing_of_it_elsewhere()
    {
        await using DumpLab lab = new("vms=8&seed=3&mem=0.125&dumprate=4");
        await using StoreProxy store = new(lab.Store) { IsAway = true };
        string parent = Path.Combine(lab.Root, "a"), moved = Path.Combine(lab.Root, "b"), folder = Path.Combine(parent, "dumps");
        bool isExchanged = false;
        ProgressListener exchange = new(progress =>
        {
            if (!isExchanged && progress.ProcessedBytes > 0)
            {
                isExchanged = true;
                Directory.Move(parent, moved);
                Directory.CreateDirectory(folder);
            }
        });
        await using MemoryDumper dumper = Dumper(lab, folder, store);
        MemoryDumpRecord dump = await dumper.DumpAsync(new MemoryDumpRequest { Vm = await lab.VmAsync() }, exchange, default);
        Assert.True(isExchanged);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        string[] files = [.. Directory.GetFileSystemEntries(Path.Combine(moved, "dumps")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        string file = Path.GetFileName(dump.Path!);
        Assert.Equal(
            [RecordSpool.FolderName, Ledger.FileName, Ledger.FileName + ".lock", file, DumpManifest.PathFor(file)],
            files);
        Assert.Equal($"{dump.DumpId}", Assert.Single(DumpLab.WaitingDumps(Path.Combine(moved, "dumps"))));
        MemoryDumpVerification found = await new MemoryDumpVerifier(lab.Infrastructure, null).VerifyAsync(Path.Combine(moved, "dumps", file), null, default);
        Assert.Empty(found.Findings);
    }

    [SkippableFact]
    public async Task A_parent_that_is_exchanged_before_a_dump_fails_leads_its_ledger_line_nowhere()
    {
        await using DumpLab lab = new("vms=8&seed=3&mem=0.125&dumprate=4");
        string parent = Path.Combine(lab.Root, "a"), moved = Path.Combine(lab.Root, "b"), folder = Path.Combine(parent, "dumps");
        using CancellationTokenSource stop = new();
        ProgressListener exchange = new(progress =>
        {
            if (!stop.IsCancellationRequested && progress.ProcessedBytes > 0)
            {
                Directory.Move(parent, moved);
                Directory.CreateDirectory(folder);
                stop.Cancel();
            }
        });
        await using MemoryDumper dumper = Dumper(lab, folder);
        MemoryDumpRequest request = new() { Vm = await lab.VmAsync() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dumper.DumpAsync(request, exchange, stop.Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.Equal(
            [Ledger.FileName, Ledger.FileName + ".lock"],
            Directory.GetFileSystemEntries(Path.Combine(moved, "dumps")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task An_ordinary_user_is_refused_the_same_ways()
    {
        await using DumpLab lab = new();
        OrdinaryUser user = await UserAsync(lab);
        string home = Path.Combine(lab.Root, "home");
        await user.MakeFolderAsync(home);
        List<string> goals = [];
        foreach ((string name, FolderWay way) in FolderWay.All)
        {
            string root = Path.Combine(home, $"{goals.Count}");
            await user.MakeFolderAsync(root);
            goals.Add(await way.MakeAsync(root, user));
        }

        (int code, string text) = await user.RunAsync(
            new Dictionary<string, string> { ["HOME"] = home },
            ["try-folders", "sim://lab?vms=8&seed=3&mem=0.125", "web01", Path.Combine(home, "state"), .. goals]);
        Assert.True(code == 0, text);
        Assert.Equal(
            FolderWay.All.Select((way, i) => $"{goals[i]}: {way.Value.Refusal ?? "ok"}"),
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(FolderWay.All.Values.Zip(goals), one => Assert.Equal(one.First.Refusal is null ? 4 : 0, Directory.GetFiles(one.Second).Length));
    }

    [SkippableFact]
    public async Task A_user_who_may_only_read_can_verify()
    {
        await using DumpLab lab = new();
        OrdinaryUser user = await UserAsync(lab);
        MemoryDumpRecord dump = await lab.TakeAsync();
        await Tool.RunAsync("chmod", ["-R", "a+rX", lab.Folder], s_patience);
        (int code, string text) = await user.RunAsync(new Dictionary<string, string> { ["HOME"] = "/" }, "verify", dump.Path!);
        Assert.True(code == 0, text);
        Assert.Equal("valid: ", text.TrimEnd('\n'));
    }

    // An ordinary user goes through the test's folder, but not into it.
    private static async Task<OrdinaryUser> UserAsync(DumpLab lab)
    {
        await Tool.RunAsync("chmod", ["755", lab.Root], s_patience);
        return new OrdinaryUser(OrdinaryUser.Daemon, lab.Root);
    }

    private static string Empty(DumpLab lab) => Directory.CreateDirectory(Path.Combine(lab.Root, "empty")).FullName;

    private static MemoryDumper Dumper(DumpLab lab, string folder, StoreProxy? store = null) => new(
        lab.Fleet,
        store ?? lab.Store,
        lab.Infrastructure,
        new MemoryDumperOptions { Folder = folder, StateFolder = lab.StateFolder });

    private static Task<MemoryDumpExpansion> ExpandAsync(DumpLab lab, string dump, string target) =>
        lab.Expander.ExpandAsync(dump, target, MemoryDumpImageKind.Elf, overwrite: false, null, default);

    private static async Task<string?> IdOfAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (VmStatsException e)
        {
            return e.ErrorId;
        }
    }
}
