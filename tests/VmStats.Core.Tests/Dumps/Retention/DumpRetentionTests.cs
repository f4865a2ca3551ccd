using VmStats.Dumps.Custody;
using VmStats.Dumps.Retention;

namespace VmStats.Core.Tests.Dumps.Retention;

/// <summary>Which dumps may go, which stay, and that the ledger says so.</summary>
public sealed class DumpRetentionTests
{
    [SkippableFact]
    public async Task By_age_the_old_go_with_their_manifests_and_the_ledger_says_so()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord[] dumps = [await lab.TakeAsync(), await lab.TakeAsync(), await lab.TakeAsync()];
        MemoryDumpRetention retention = new(lab.Folder, new Later(dumps[1].Time + TimeSpan.FromDays(30) + TimeSpan.FromTicks(1)));
        IReadOnlyList<MemoryDumpRemoval> plan = retention.Plan(new RetentionPolicy { OlderThan = TimeSpan.FromDays(30) });
        Assert.Equal([dumps[0].Path!, dumps[1].Path!], Paths(plan));
        Assert.All(plan, removal => Assert.Equal("Age", removal.Reason));
        Assert.Equal(3, retention.List().Count);

        foreach (MemoryDumpRemoval removal in plan)
        {
            Assert.True((await retention.RemoveAsync(removal, new RetentionPolicy(), "auditor", default)).IsRemoved);
        }

        Assert.Equal(dumps[2].Path, Assert.Single(retention.List()).Path);
        Assert.Equal(2, Directory.GetFiles(lab.Folder, "*.elf*").Length);
        LedgerReading ledger = lab.Ledger.Read();
        Assert.Empty(ledger.Findings);
        Assert.Equal(
            [(LedgerEvent.Remove, Path.GetFileName(dumps[0].Path), "auditor", "Age"), (LedgerEvent.Remove, Path.GetFileName(dumps[1].Path), "auditor", "Age")],
            ledger.Lines.TakeLast(2).Select(line => (line.Entry.Event, line.Entry.File, line.Entry.Operator, line.Entry.Detail)));
        Assert.Equal(dumps[0].Sha256, ledger.Lines[^2].Entry.Sha256);

        // A removed dump that comes back from elsewhere is told.
        await File.WriteAllTextAsync(dumps[0].Path!, "back again");
        Assert.Contains("RemovedInLedger", await lab.FindAsync(dumps[0].Path!));
    }

    [SkippableFact]
    public async Task A_plan_is_made_of_what_was_listed_and_the_folder_is_not_read_again()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync();
        await lab.TakeAsync();
        MemoryDumpRetention retention = Retention(lab);
        IReadOnlyList<MemoryDumpFile> listed = retention.List();
        Directory.Delete(lab.Folder, recursive: true);
        Assert.Equal([one.Path!], Paths(retention.Plan(new RetentionPolicy { KeepLast = 1 }, listed)));
    }

    [SkippableFact]
    public async Task By_count_each_vm_keeps_its_newest()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync(), two = await lab.TakeAsync(vm: "web02"), three = await lab.TakeAsync(), four = await lab.TakeAsync();
        MemoryDumpRetention retention = Retention(lab);
        Assert.Equal([one.Path!, three.Path!], Paths(retention.Plan(new RetentionPolicy { KeepLast = 1 })));
        Assert.Equal([one.Path!], Paths(retention.Plan(new RetentionPolicy { KeepLast = 2 })));
        Assert.Empty(retention.Plan(new RetentionPolicy { KeepLast = 3 }));
        Assert.Empty(retention.Plan(new RetentionPolicy()));
        Assert.Empty(retention.Plan(new RetentionPolicy { KeepLast = 1, Where = dump => dump.Name == "web02" }));

        // All are asked for: the last of each VM stays.
        Assert.Equal(
            [(one.Path, true), (two.Path, false), (three.Path, true), (four.Path, false)],
            Verdicts(retention.Plan(new RetentionPolicy { KeepLast = 0 })));
    }

    [SkippableFact]
    public async Task Beside_other_rules_a_count_protects_and_asks_for_none()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord[] dumps = [await lab.TakeAsync(), await lab.TakeAsync(vm: "web02"), await lab.TakeAsync(), await lab.TakeAsync()];
        MemoryDumpRetention retention = Retention(lab);
        RetentionPolicy old = new() { OlderThan = TimeSpan.FromDays(-1), Force = true };
        Assert.Equal(4, retention.Plan(old).Count(removal => removal.KeptBecause is null));

        // All are old enough; the two newest of each VM stay, and are told.
        IReadOnlyList<MemoryDumpRemoval> plan = retention.Plan(old with { KeepLast = 2 });
        Assert.Equal([(dumps[0].Path, true), (dumps[1].Path, false), (dumps[2].Path, false), (dumps[3].Path, false)], Verdicts(plan));
        Assert.All(plan, removal => Assert.Equal("Age", removal.Reason));
        Assert.Equal("it is among the last 2 of 'web01'", plan[3].KeptBecause);
        Assert.Equal(["it is among the last 3 of 'web01'", "it is among the last 3 of 'web02'"], retention.Plan(old with { KeepLast = 3 }).Select(removal => removal.KeptBecause).Distinct().Order());

        // What is not old stays, however many there are.
        Assert.Empty(retention.Plan(new RetentionPolicy { OlderThan = TimeSpan.FromDays(30), KeepLast = 1 }));

        // Nor is room made of them; others make it as far as they go.
        plan = retention.Plan(new RetentionPolicy { MaximumBytes = 0, KeepLast = 1, Force = true });
        Assert.Equal([(dumps[0].Path, true), (dumps[1].Path, false), (dumps[2].Path, true), (dumps[3].Path, false)], Verdicts(plan));
        Assert.Empty(retention.Plan(new RetentionPolicy { MaximumBytes = long.MaxValue, KeepLast = 1 }));
    }

    [SkippableFact]
    public async Task What_has_come_to_be_among_the_newest_since_the_plan_stays()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync(), two = await lab.TakeAsync(), three = await lab.TakeAsync();
        MemoryDumpRetention mine = Retention(lab), theirs = Retention(lab);
        RetentionPolicy policy = new() { KeepLast = 2 };
        MemoryDumpRemoval planned = Assert.Single(mine.Plan(policy));
        Assert.Equal(one.Path, planned.Dump.Path);
        RetentionPolicy newest = new() { Paths = [three.Path!] };
        await theirs.RemoveAsync(Assert.Single(theirs.Plan(newest)), newest, null, default);
        VmStatsException stays = await Assert.ThrowsAsync<VmStatsException>(() => mine.RemoveAsync(planned, policy, null, default));
        Assert.Equal("DumpMustStay", stays.ErrorId);
        Assert.True(File.Exists(one.Path) && File.Exists(two.Path));
    }

    [SkippableFact]
    public async Task By_size_the_oldest_go_until_the_rest_fits_and_what_must_stay_is_passed_over()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord[] dumps = [await lab.TakeAsync(vm: "web02"), await lab.TakeAsync(), await lab.TakeAsync(), await lab.TakeAsync()];
        MemoryDumpRetention retention = Retention(lab);
        long all = dumps.Sum(dump => dump.StoredBytes!.Value);
        Assert.Empty(retention.Plan(new RetentionPolicy { MaximumBytes = all }));

        // The only dump of web02 is the oldest; it stays, and the next two make room.
        IReadOnlyList<MemoryDumpRemoval> plan = retention.Plan(new RetentionPolicy { MaximumBytes = all - dumps[1].StoredBytes!.Value - 1 });
        Assert.Equal(
            [(dumps[0].Path, false), (dumps[1].Path, true), (dumps[2].Path, true)],
            Verdicts(plan));
        Assert.All(plan, removal => Assert.Equal("Size", removal.Reason));

        // What age asks for and must stay still takes room.
        RetentionPolicy both = new() { OlderThan = TimeSpan.FromDays(-1), MaximumBytes = 0, Where = dump => dump.Name == "web02" };
        Assert.Equal([false], retention.Plan(both).Select(removal => removal.KeptBecause is null));

        // Held ones count, but are not asked to make room.
        await retention.HoldAsync(retention.List().Single(dump => dump.Path == dumps[1].Path), hold: true, null, null, default);
        Assert.Equal(
            [dumps[0].Path!, dumps[2].Path!, dumps[3].Path!],
            Paths(retention.Plan(new RetentionPolicy { MaximumBytes = dumps[1].StoredBytes, Force = true })));
    }

    [SkippableFact]
    public async Task The_only_verified_dump_stays_unless_forced_whatever_its_age()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord old = await lab.TakeAsync(), verified = await lab.TakeAsync(), newest = await lab.TakeAsync();
        Assert.True((await lab.VerifyAndRecordAsync(verified.Path!)).IsValid);
        MemoryDumpRetention retention = Retention(lab);
        RetentionPolicy everything = new() { KeepLast = 0 };
        MemoryDumpRemoval[] plan = [.. retention.Plan(everything)];
        Assert.Equal([(old.Path, true), (verified.Path, false), (newest.Path, true)], Verdicts(plan));
        Assert.Contains("only verified", plan[1].KeptBecause, StringComparison.Ordinal);
        Assert.Equal("DumpMustStay", (await Assert.ThrowsAsync<VmStatsException>(() => retention.RemoveAsync(plan[1], new RetentionPolicy { Force = true }, null, default))).ErrorId);

        // A verification that failed since then takes the standing away; a newer one that held takes it over.
        Assert.True((await lab.VerifyAndRecordAsync(newest.Path!)).IsValid);
        Assert.Equal([true, true, false], retention.Plan(everything).Select(removal => removal.KeptBecause is null));
        DumpLab.Tamper(newest.Path!, bytes => [.. bytes, 0]);
        Assert.False((await lab.VerifyAndRecordAsync(newest.Path!)).IsValid);
        Assert.Equal([true, false, true], retention.Plan(everything).Select(removal => removal.KeptBecause is null));
        Assert.Equal([true, true, true], retention.Plan(everything with { Force = true }).Select(removal => removal.KeptBecause is null));
    }

    [SkippableFact]
    public async Task A_hold_outlives_force_until_it_is_released_and_both_are_in_the_ledger()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        await lab.TakeAsync();
        MemoryDumpRetention retention = Retention(lab);
        RetentionPolicy policy = new() { Paths = [dump.Path!], Force = true };
        MemoryDumpRemoval planned = Assert.Single(retention.Plan(policy));
        Assert.Equal(("Path", null), (planned.Reason, planned.KeptBecause));

        // Held after the plan was made: it stays all the same.
        MemoryDumpFile file = retention.List().Single(one => one.Path == dump.Path);
        await retention.HoldAsync(file, hold: true, "counsel", "case 4711", default);
        Assert.Equal("DumpMustStay", (await Assert.ThrowsAsync<VmStatsException>(() => retention.RemoveAsync(planned, new RetentionPolicy { Force = true }, null, default))).ErrorId);
        Assert.True(File.Exists(dump.Path));
        Assert.Equal("it is on hold", Assert.Single(retention.Plan(policy)).KeptBecause);
        LedgerEntry hold = lab.Ledger.Read().Last!.Entry;
        Assert.Equal((LedgerEvent.Hold, "counsel", "case 4711"), (hold.Event, hold.Operator, hold.Detail));

        await retention.HoldAsync(file, hold: false, "counsel", null, default);
        Assert.Equal(LedgerEvent.Release, lab.Ledger.Read().Last!.Entry.Event);
        await retention.RemoveAsync(planned, new RetentionPolicy { Force = true }, null, default);
        Assert.False(File.Exists(dump.Path));
        Assert.Equal("DumpNotFound", (await Assert.ThrowsAsync<VmStatsException>(() => retention.RemoveAsync(planned, new RetentionPolicy { Force = true }, null, default))).ErrorId);
    }

    [SkippableFact]
    public async Task What_another_process_removed_since_the_plan_counts_when_the_last_one_is_judged()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync(), two = await lab.TakeAsync();
        MemoryDumpRetention mine = Retention(lab), theirs = Retention(lab);
        MemoryDumpRemoval planned = Assert.Single(mine.Plan(new RetentionPolicy { Paths = [one.Path!] }));
        await theirs.RemoveAsync(Assert.Single(theirs.Plan(new RetentionPolicy { Paths = [two.Path!] })), new RetentionPolicy(), null, default);
        Assert.Equal("DumpMustStay", (await Assert.ThrowsAsync<VmStatsException>(() => mine.RemoveAsync(planned, new RetentionPolicy(), null, default))).ErrorId);
        Assert.True(File.Exists(one.Path));
    }

    private static MemoryDumpRetention Retention(DumpLab lab) => new(lab.Folder, TimeProvider.System);

    private static IEnumerable<string> Paths(IReadOnlyList<MemoryDumpRemoval> plan)
    {
        Assert.All(plan, removal => Assert.Null(removal.KeptBecause));
        return plan.Select(removal => removal.Dump.Path);
    }

    private static IEnumerable<(string? Path, bool MayGo)> Verdicts(IReadOnlyList<MemoryDumpRemoval> plan) =>
        plan.Select(removal => ((string?)removal.Dump.Path, removal.KeptBecause is null));

    private sealed class Later(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
