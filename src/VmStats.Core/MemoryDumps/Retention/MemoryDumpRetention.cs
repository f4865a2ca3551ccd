using VmStats.Files;

namespace VmStats.MemoryDumps;

/// <summary>Which dumps are to go. What isn't set doesn't ask for any. What <see cref="KeepLast"/> says stays, whatever else is set.</summary>
internal sealed record RetentionPolicy
{
    /// <summary>Dumps older than this.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>So many newest of each VM stay. Without another rule, all others go; beside others it only protects.</summary>
    public int? KeepLast { get; init; }

    /// <summary>The oldest, until no more than so many bytes are stored in the folder.</summary>
    public long? MaximumBytes { get; init; }

    /// <summary>These files.</summary>
    public IReadOnlyCollection<string>? Paths { get; init; }

    /// <summary>Only dumps for which this holds are looked at; null for all.</summary>
    public Func<MemoryDumpFile, bool>? Where { get; init; }

    /// <summary>Also the only verified dump of a VM. A held dump stays in any case.</summary>
    public bool Force { get; init; }

    /// <summary>True when the count is the only rule.</summary>
    public bool IsByCount => KeepLast is not null && OlderThan is null && MaximumBytes is null && Paths is null;

    /// <summary>Those of some dumps, newest first, that stay because they are the newest of their VMs.</summary>
    public IEnumerable<MemoryDumpFile> Newest(IEnumerable<MemoryDumpFile> newestFirst) =>
        KeepLast is int count ? newestFirst.Where(dump => Where is null || Where(dump)).GroupBy(dump => dump.Uuid).SelectMany(dumps => dumps.Take(count)) : [];
}

/// <summary>Removes dumps by a policy, and keeps those on hold; each step is in the ledger.</summary>
/// <param name="folder">The dump folder.</param>
/// <param name="clock">Tells the age.</param>
internal sealed class MemoryDumpRetention(string folder, TimeProvider clock)
{
    private readonly string _folder = Path.GetFullPath(folder);

    /// <summary>The dumps of the folder, newest first.</summary>
    public IReadOnlyList<MemoryDumpFile> List() => DumpCatalogue.Read(_folder);

    /// <summary>What a policy asks for, oldest first; with the reason where one must stay all the same. Nothing is touched.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="listed">What <see cref="List"/> gave, where it was asked already.</param>
    public IReadOnlyList<MemoryDumpRemoval> Plan(RetentionPolicy policy, IReadOnlyList<MemoryDumpFile>? listed = null)
    {
        IReadOnlyList<MemoryDumpFile> all = listed ?? List();
        MemoryDumpFile[] newestFirst = all.Where(dump => policy.Where is null || policy.Where(dump)).ToArray();
        RetentionJudge judge = new(all, policy);
        Dictionary<string, MemoryDumpRemoval> removals = new(StringComparer.Ordinal);
        foreach (MemoryDumpFile dump in Enumerable.Reverse(newestFirst))
        {
            if (ReasonFor(dump, policy, judge) is string reason)
            {
                removals.Add(dump.Path, judge.Judge(dump, reason));
            }
        }

        // Held dumps count, but only others can make room; where one must stay, the next oldest makes it.
        foreach (MemoryDumpFile dump in Enumerable.Reverse(newestFirst).Where(dump => !dump.IsHeld && !removals.ContainsKey(dump.Path)))
        {
            if (policy.MaximumBytes is not long maximum || judge.StayingBytes <= maximum)
            {
                break;
            }

            removals.Add(dump.Path, judge.Judge(dump, "Size"));
        }

        return removals.Values.OrderBy(removal => removal.Dump.TimeUtc).ToArray();
    }

    /// <summary>Removes a dump, with its manifest. The ledger says so first.</summary>
    /// <param name="removal">What <see cref="Plan"/> gave.</param>
    /// <param name="policy">The policy that it was planned by.</param>
    /// <param name="operator">Who does it; null for this process's user.</param>
    /// <param name="cancellationToken">Ends the wait for the ledger.</param>
    /// <exception cref="VmStatsException"><c>DumpMustStay</c>, <c>DumpNotFound</c>, <c>DumpWriteFailed</c>.</exception>
    public async Task<MemoryDumpRemoval> RemoveAsync(MemoryDumpRemoval removal, RetentionPolicy policy, string? @operator, CancellationToken cancellationToken)
    {
        // Judged again: since the plan was made, somebody may have put it on hold, or removed the one that let it go.
        using StoredDump stored = Open(removal.Dump);
        IReadOnlyList<MemoryDumpFile> all = DumpCatalogue.Read(stored.Folder);
        MemoryDumpFile dump = all.FirstOrDefault(one => one.Path == stored.FullPath) ?? removal.Dump;
        if ((removal.KeptBecause ?? new RetentionJudge(all, policy).Judge(dump, removal.Reason).KeptBecause) is string why)
        {
            throw new VmStatsException("DumpMustStay", VmStatsErrorKind.InvalidOperation, $"The dump '{dump.Path}' stays: {why}.", "Release it, verify another dump of the VM, use -Force, or let -KeepLast keep fewer.", dump.Path);
        }

        try
        {
            await NoteAsync(LedgerEvent.Remove, stored, @operator, removal.Reason, cancellationToken).ConfigureAwait(false);
            stored.Folder.Delete(stored.Name);
            stored.Folder.Delete(DumpManifest.PathFor(stored.Name));
            return removal with { IsRemoved = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.WriteFailed(dump.Path, e);
        }
    }

    /// <summary>Puts a dump on hold, or lifts the hold.</summary>
    public async Task HoldAsync(MemoryDumpFile dump, bool hold, string? @operator, string? note, CancellationToken cancellationToken)
    {
        using StoredDump stored = Open(dump);
        try
        {
            await NoteAsync(hold ? LedgerEvent.Hold : LedgerEvent.Release, stored, @operator, note, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.WriteFailed(dump.Path, e);
        }
    }

    private StoredDump Open(MemoryDumpFile dump) => StoredDump.Open(Path.Combine(_folder, Path.GetFileName(dump.Path)), FolderUse.Write);

    private static Task<string> NoteAsync(LedgerEvent what, StoredDump dump, string? @operator, string? detail, CancellationToken cancellationToken)
    {
        LedgerEntry entry = DumpCustody.Entry(what, dump.Name, dump.TryReadManifest(), @operator) with { Detail = detail };
        return dump.Ledger.AppendAsync(entry, cancellationToken);
    }

    private string? ReasonFor(MemoryDumpFile dump, RetentionPolicy policy, RetentionJudge judge) =>
        policy.OlderThan is TimeSpan age && clock.GetUtcNow() - dump.TimeUtc > age ? "Age"
        : policy.Paths?.Any(path => Path.GetFullPath(path) == dump.Path) == true ? "Path"
        : policy.IsByCount && !judge.IsAmongNewest(dump) ? "Count"
        : null;
}
