using System.Text;
using VmStats.Core.Tests.Processes;
using VmStats.Dumps.Custody;
using VmStats.IO;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>The hash-chained ledger: what was done to it is found, what a crash did to it is told apart.</summary>
public sealed class LedgerTests
{
    private static readonly string[] s_chain = ["LedgerChainBroken"];

    [SkippableFact]
    public async Task A_changed_line_is_found_and_its_number_named()
    {
        await using DumpLab lab = await WithLinesAsync();
        lab.TamperLedger(lines => lines[1] = lines[1].Replace("\"name\":\"web01\"", "\"name\":\"web02\"", StringComparison.Ordinal));
        MemoryDumpFinding finding = Assert.Single(lab.Ledger.Read().Findings);
        Assert.Equal(("LedgerLineChanged", MemoryDumpFindingSeverity.Error), (finding.Id, finding.Severity));
        Assert.Contains("Line 2 ", finding.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_changed_line_whose_hash_was_made_anew_breaks_the_chain()
    {
        await using DumpLab lab = await WithLinesAsync();
        lab.TamperLedger(lines =>
        {
            LedgerEntry entry = LedgerLine.TryRead(Encoding.UTF8.GetBytes(lines[1]))!.Entry;
            lines[1] = Encoding.UTF8.GetString(LedgerLine.Write(entry with { Name = "web02" }, out _));
        });
        Assert.Equal(s_chain, Ids(lab));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_removed_line_breaks_the_chain(int line)
    {
        await using DumpLab lab = await WithLinesAsync();
        lab.TamperLedger(lines => lines.RemoveAt(line));
        Assert.Equal(s_chain, Ids(lab));
    }

    [SkippableFact]
    public async Task Reordered_doubled_and_foreign_lines_break_the_chain()
    {
        await using DumpLab lab = await WithLinesAsync();
        string good = await File.ReadAllTextAsync(lab.Ledger.Path);
        lab.TamperLedger(lines => (lines[1], lines[2]) = (lines[2], lines[1]));
        Assert.Contains("LedgerChainBroken", Ids(lab));

        await File.WriteAllTextAsync(lab.Ledger.Path, good);
        lab.TamperLedger(lines => lines.Insert(1, lines[1]));
        Assert.Contains("LedgerChainBroken", Ids(lab));

        await File.WriteAllTextAsync(lab.Ledger.Path, good);
        lab.TamperLedger(lines => lines.Insert(2, "{\"entry\":\"what?\"}"));
        Assert.Equal(["LedgerLineUnreadable"], Ids(lab));
    }

    [SkippableFact]
    public async Task A_line_torn_by_a_crash_is_a_warning_before_and_after_the_next_append()
    {
        await using DumpLab lab = await WithLinesAsync();
        Tear(lab, 40);
        LedgerReading torn = lab.Ledger.Read();
        Assert.Equal([("LedgerTornLine", MemoryDumpFindingSeverity.Warning)], torn.Findings.Select(finding => (finding.Id, finding.Severity)));
        Assert.Equal(3, torn.Lines.Count);

        MemoryDumpRecord dump = await lab.TakeAsync();
        LedgerReading mended = lab.Ledger.Read();
        Assert.Equal([("LedgerTornLine", MemoryDumpFindingSeverity.Warning)], mended.Findings.Select(finding => (finding.Id, finding.Severity)));
        Assert.Equal([LedgerEvent.TornLine, LedgerEvent.Capture], mended.Lines.TakeLast(2).Select(line => line.Entry.Event));
        MemoryDumpVerification result = await lab.VerifyAsync(dump.Path!);
        Assert.True(result.IsValid, string.Join('\n', result.Findings));
    }

    [SkippableFact]
    public async Task A_line_that_a_crash_left_whole_but_for_its_newline_is_kept_as_what_it_is()
    {
        await using DumpLab lab = await WithLinesAsync();
        Tear(lab, 1);
        Assert.Equal(4, lab.Ledger.Read().Lines.Count);
        Assert.Empty(Ids(lab));
        await lab.TakeAsync();
        Assert.Empty(Ids(lab));
        Assert.Equal([1, 2, 3, 4, 5], lab.Ledger.Read().Lines.Select(line => line.Entry.Sequence));
    }

    [SkippableFact]
    public async Task A_line_cut_in_two_by_hand_is_not_taken_for_a_crash()
    {
        await using DumpLab lab = await WithLinesAsync();
        lab.TamperLedger(lines => lines[1] = lines[1][..100]);
        Assert.Equal(["LedgerChainBroken", "LedgerLineUnreadable"], Ids(lab).Order(StringComparer.Ordinal));

        // Nor is one whose explanation was written by hand: that line must stand in the chain, too.
        await using DumpLab other = await WithLinesAsync();
        other.TamperLedger(lines =>
        {
            lines[2] = lines[2][..100];
            LedgerEntry alibi = new()
            {
                Sequence = 3,
                Time = DateTimeOffset.UtcNow,
                Event = LedgerEvent.TornLine,
                Detail = LedgerLine.HashOf(Encoding.UTF8.GetBytes(lines[2])),
                Previous = LedgerLine.TryRead(Encoding.UTF8.GetBytes(lines[1]))!.Hash,
            };
            lines.Insert(3, Encoding.UTF8.GetString(LedgerLine.Write(alibi, out _)));
        });
        Assert.Contains("LedgerChainBroken", Ids(other));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_ledger_that_was_cut_or_written_anew_is_found_against_the_store(bool writeAnew)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord first = await lab.TakeAsync();
        await lab.TakeAsync();
        LedgerLine kept = lab.Ledger.Read().Lines[0];
        lab.TamperLedger(lines => lines.RemoveAt(1));
        if (writeAnew)
        {
            File.Delete(lab.Ledger.Path);
            await lab.Ledger.AppendAsync(kept.Entry with { Operator = "somebody else" });
        }

        // By itself the ledger is whole.
        Assert.Empty(Ids(lab));
        MemoryDumpVerification alone = await new MemoryDumpVerifier(lab.Infrastructure, null).VerifyAsync(first.Path!, null, default);
        Assert.Empty(alone.Findings);
        Assert.Null(alone.StoreRecordCount);

        MemoryDumpVerification against = await lab.VerifyAsync(first.Path!);
        MemoryDumpFinding finding = Assert.Single(against.Findings);
        Assert.Equal(("LedgerCutOrRewritten", MemoryDumpFindingSeverity.Error), (finding.Id, finding.Severity));
        Assert.Contains(writeAnew ? "lacks 2 line" : "lacks 1 line", finding.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_failed_attempt_that_was_cut_from_the_ledgers_end_is_found_against_the_store()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        await Assert.ThrowsAsync<MemoryDumpException>(() => lab.TakeAsync(vm: "mail01"));
        Assert.Equal(LedgerEvent.Attempt, lab.Ledger.Read().Last!.Entry.Event);
        Assert.Equal(lab.Folder, (await lab.RecordsAsync())[0].Folder);
        lab.TamperLedger(lines => lines.RemoveAt(1));
        Assert.Equal(["LedgerCutOrRewritten"], await lab.FindAsync(dump.Path!));
    }

    [SkippableFact]
    public async Task A_dump_taken_while_another_is_verified_is_not_mistaken_for_a_cut_ledger()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        await using StoreProxy busy = new(lab.Store) { BeforeQuery = () => lab.TakeAsync(vm: "web02") };
        MemoryDumpVerification result = await new MemoryDumpVerifier(lab.Infrastructure, busy).VerifyAsync(dump.Path!, null, default);
        Assert.Equal(2, (await lab.RecordsAsync()).Count);
        Assert.Empty(result.Findings);
    }

    [SkippableFact]
    public async Task Two_processes_and_many_threads_append_without_losing_or_mixing_a_line()
    {
        await using DumpLab lab = new();
        UnixFiles.CreateFolder(lab.Folder);
        const int each = 25;
        using ChildProcess one = ChildProcess.Start("ledger", lab.Folder, "one", $"{each}");
        using ChildProcess two = ChildProcess.Start("ledger", lab.Folder, "two", $"{each}");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() => AppendAsync(lab.Folder, $"thread {thread}", each))));
        Assert.Equal(0, await one.WaitAsync());
        Assert.Equal(0, await two.WaitAsync());

        LedgerReading reading = lab.Ledger.Read();
        Assert.Empty(reading.Findings);
        Assert.Equal(6 * each, reading.Lines.Count);
        foreach (IGrouping<string?, LedgerLine> writer in reading.Lines.GroupBy(line => line.Entry.Name))
        {
            Assert.Equal(Enumerable.Range(0, each).Select(i => $"{i}"), writer.Select(line => line.Entry.Detail));
        }
    }

    /// <summary>Appends numbered lines under a name.</summary>
    internal static async Task AppendAsync(string folder, string name, int count)
    {
        for (int i = 0; i < count; i++)
        {
            LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Hold, "x", null, null) with { Name = name, Detail = $"{i}" };
            await new LabLedger(folder).AppendAsync(entry);
        }
    }

    // Capture, verify, capture, verify.
    private static async Task<DumpLab> WithLinesAsync()
    {
        DumpLab lab = new();
        await lab.VerifyAndRecordAsync((await lab.TakeAsync()).Path!);
        await lab.VerifyAndRecordAsync((await lab.TakeAsync()).Path!);
        return lab;
    }

    private static string[] Ids(DumpLab lab) => [.. lab.Ledger.Read().Findings.Select(finding => finding.Id)];

    private static void Tear(DumpLab lab, int bytes)
    {
        using FileStream ledger = new(lab.Ledger.Path, FileMode.Open);
        ledger.SetLength(ledger.Length - bytes);
    }
}
