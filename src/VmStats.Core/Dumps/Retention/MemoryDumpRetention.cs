using VmStats.Dumps.Custody;
using VmStats.Errors;
using VmStats.IO;

namespace VmStats.Dumps.Retention;

/// <summary>
/// Selects the dumps to remove. A rule that isn't set selects none. The dumps that <see cref="KeepLast"/> protects
/// stay, whatever else is set.
/// </summary>
internal sealed record RetentionPolicy
{
    /// <summary>Removes dumps older than this.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>
    /// The number of newest dumps of each VM that stay. Without another rule, all other dumps are removed; together
    /// with other rules it only protects.
    /// </summary>
    public int? KeepLast { get; init; }

    /// <summary>Removes the oldest dumps until the folder holds at most this many bytes.</summary>
    public long? MaximumBytes { get; init; }

    /// <summary>Removes these files.</summary>
    public IReadOnlyCollection<string>? Paths { get; init; }

    /// <summary>Limits the policy to dumps that match this predicate; null for all.</summary>
    public Func<MemoryDumpFile, bool>? Where { get; init; }

    /// <summary>Also removes the only verified dump of a VM. A dump on hold always stays.</summary>
    public bool Force { get; init; }

    /// <summary>True when the number of dumps is the only rule.</summary>
    public bool IsByCount => KeepLast is not null && OlderThan is null && MaximumBytes is null && Paths is null;

    /// <summary>Returns those of the given dumps (newest first) that stay because they are the newest of their VMs.</summary>
    public IEnumerable<MemoryDumpFile> Newest(IEnumerable<MemoryDumpFile> newestFirst) =>
        KeepLast is int count ? newestFirst.Where(dump => Where is null || Where(dump)).GroupBy(dump => dump.Uuid).SelectMany(dumps => dumps.Take(count)) : [];
}

/// <summary>Removes dumps according to a policy, and keeps those on hold; each step is recorded in the ledger.</summary>
/// <param name="folder">The dump folder.</param>
/// <param name="clock">The clock that dumps' ages are measured by.</param>
internal sealed class MemoryDumpRetention(string folder, TimeProvider clock)
{
    private readonly string _folder = Path.GetFullPath(folder);

    /// <summary>Lists the dumps of the folder, newest first.</summary>
    public IReadOnlyList<MemoryDumpFile> List() => DumpCatalogue.Read(_folder);

    /// <summary>Lists the dumps that a policy selects, oldest first, with the reason for each one that has to stay. Changes nothing.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="listed">The result of <see cref="List"/>, if it is already known.</param>
    public IReadOnlyList<MemoryDumpRemoval> Plan(RetentionPolicy policy, IReadOnlyList<MemoryDumpFile>? listed = null)
    {
        IReadOnlyList<MemoryDumpFile> all = listed ?? List();
        MemoryDumpFile[] newestFirst = all.Where(dump => policy.Where is null || policy.Where(dump)).ToArray();
        RetentionEvaluator judge = new(all, policy);
        Dictionary<string, MemoryDumpRemoval> removals = new(StringComparer.Ordinal);
        foreach (MemoryDumpFile dump in Enumerable.Reverse(newestFirst))
        {
            if (ReasonFor(dump, policy, judge) is string reason)
            {
                removals.Add(dump.Path, judge.Evaluate(dump, reason));
            }
        }

        // Dumps on hold count towards the size, but only others can be removed; if one has to stay, the next oldest is removed instead.
        foreach (MemoryDumpFile dump in Enumerable.Reverse(newestFirst).Where(dump => !dump.IsHeld && !removals.ContainsKey(dump.Path)))
        {
            if (policy.MaximumBytes is not long maximum || judge.RemainingBytes <= maximum)
            {
                break;
            }

            removals.Add(dump.Path, judge.Evaluate(dump, "Size"));
        }

        return removals.Values.OrderBy(removal => removal.Dump.TimeUtc).ToArray();
    }

    /// <summary>Removes a dump and its manifest. The removal is recorded in the ledger first.</summary>
    /// <param name="removal">An entry of the result of <see cref="Plan"/>.</param>
    /// <param name="policy">The policy that it was planned with.</param>
    /// <param name="operator">The person who removes it; null for this process's user.</param>
    /// <param name="cancellationToken">Ends the wait for the ledger.</param>
    /// <exception cref="VmStatsException"><c>DumpMustStay</c>, <c>DumpNotFound</c>, <c>DumpWriteFailed</c>.</exception>
    public async Task<MemoryDumpRemoval> RemoveAsync(MemoryDumpRemoval removal, RetentionPolicy policy, string? @operator, CancellationToken cancellationToken)
    {
        // Decided again: since the plan was made, another user may have put the dump on hold, or removed the dump that allowed its removal.
        using StoredDump stored = Open(removal.Dump);
        IReadOnlyList<MemoryDumpFile> all = DumpCatalogue.Read(stored.Folder);
        MemoryDumpFile dump = all.FirstOrDefault(one => one.Path == stored.FullPath) ?? removal.Dump;
        if ((removal.KeptBecause ?? new RetentionEvaluator(all, policy).Evaluate(dump, removal.Reason).KeptBecause) is string why)
        {
            throw new VmStatsException(ErrorIds.DumpMustStay, VmStatsErrorKind.InvalidOperation, $"The dump '{dump.Path}' stays: {why}.", "Release it, verify another dump of the VM, use -Force, or let -KeepLast keep fewer.", dump.Path);
        }

        try
        {
            await LogAsync(LedgerEvent.Remove, stored, @operator, removal.Reason, cancellationToken).ConfigureAwait(false);
            stored.Folder.Delete(stored.Name);
            stored.Folder.Delete(DumpManifest.PathFor(stored.Name));
            return removal with { IsRemoved = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.WriteFailed(dump.Path, e);
        }
    }

    /// <summary>Puts a dump on hold, or releases it.</summary>
    public async Task HoldAsync(MemoryDumpFile dump, bool hold, string? @operator, string? note, CancellationToken cancellationToken)
    {
        using StoredDump stored = Open(dump);
        try
        {
            await LogAsync(hold ? LedgerEvent.Hold : LedgerEvent.Release, stored, @operator, note, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.WriteFailed(dump.Path, e);
        }
    }

    private StoredDump Open(MemoryDumpFile dump) => StoredDump.Open(Path.Combine(_folder, Path.GetFileName(dump.Path)), FolderUse.Write);

    private static Task<string> LogAsync(LedgerEvent what, StoredDump dump, string? @operator, string? detail, CancellationToken cancellationToken)
    {
        LedgerEntry entry = DumpCustody.Entry(what, dump.Name, dump.TryReadManifest(), @operator) with { Detail = detail };
        return dump.Ledger.AppendAsync(entry, cancellationToken);
    }

    private string? ReasonFor(MemoryDumpFile dump, RetentionPolicy policy, RetentionEvaluator judge) =>
        policy.OlderThan is TimeSpan age && clock.GetUtcNow() - dump.TimeUtc > age ? "Age"
        : policy.Paths?.Any(path => Path.GetFullPath(path) == dump.Path) == true ? "Path"
        : policy.IsByCount && !judge.IsAmongNewest(dump) ? "Count"
        : null;
}
