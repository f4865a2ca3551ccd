namespace VmStats.MemoryDumps;

/// <summary>Which dumps are to go. What isn't set doesn't ask for any.</summary>
internal sealed record RetentionPolicy
{
    /// <summary>Dumps older than this.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>All but so many newest, of each VM.</summary>
    public int? KeepLast { get; init; }

    /// <summary>The oldest, until no more than so many bytes are stored in the folder.</summary>
    public long? MaximumBytes { get; init; }

    /// <summary>These files.</summary>
    public IReadOnlyCollection<string>? Paths { get; init; }

    /// <summary>Only dumps for which this holds are looked at; null for all.</summary>
    public Func<MemoryDumpFile, bool>? Where { get; init; }

    /// <summary>Also the only verified dump of a VM. A held dump stays in any case.</summary>
    public bool Force { get; init; }
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
    public IReadOnlyList<MemoryDumpRemoval> Plan(RetentionPolicy policy)
    {
        IReadOnlyList<MemoryDumpFile> all = List();
        MemoryDumpFile[] candidates = all.Where(dump => policy.Where is null || policy.Where(dump)).ToArray();
        Dictionary<Guid, MemoryDumpRemoval> removals = [];
        Add(removals, candidates.Where(dump => policy.OlderThan is TimeSpan age && clock.GetUtcNow() - dump.Time > age), "Age");
        Add(removals, candidates.Where(dump => policy.Paths?.Any(path => Path.GetFullPath(path) == dump.Path) == true), "Path");
        if (policy.KeepLast is int count)
        {
            Add(removals, candidates.GroupBy(dump => dump.Uuid).SelectMany(dumps => dumps.Skip(count)), "Count");
        }

        AddBySize(removals, all, candidates, policy.MaximumBytes);
        return Judge(removals.Values.OrderBy(removal => removal.Dump.Time), all, policy.Force).ToArray();
    }

    /// <summary>Removes a dump, with its manifest. The ledger says so first.</summary>
    /// <exception cref="VmStatsException"><c>DumpMustStay</c>, <c>DumpWriteFailed</c>.</exception>
    public async Task<MemoryDumpRemoval> RemoveAsync(MemoryDumpRemoval removal, string? @operator, CancellationToken cancellationToken)
    {
        MemoryDumpFile dump = removal.Dump;
        if (removal.KeptBecause is string why)
        {
            throw new VmStatsException("DumpMustStay", VmStatsErrorKind.InvalidOperation, $"The dump '{dump.Path}' stays: {why}.", "Release it, verify another dump of the VM, or use -Force.", dump.Path);
        }

        try
        {
            await NoteAsync(LedgerEvent.Remove, dump, @operator, removal.Reason, cancellationToken).ConfigureAwait(false);
            File.Delete(dump.Path);
            File.Delete(DumpManifest.PathFor(dump.Path));
            return removal with { IsRemoved = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.WriteFailed(dump.Path, e);
        }
    }

    /// <summary>Puts a dump on hold, or lifts the hold.</summary>
    public Task HoldAsync(MemoryDumpFile dump, bool hold, string? @operator, string? note, CancellationToken cancellationToken) =>
        NoteAsync(hold ? LedgerEvent.Hold : LedgerEvent.Release, dump, @operator, note, cancellationToken);

    private Task<string> NoteAsync(LedgerEvent what, MemoryDumpFile dump, string? @operator, string? detail, CancellationToken cancellationToken)
    {
        LedgerEntry entry = DumpCustody.Entry(what, dump.Path, DumpCustody.TryReadManifest(dump.Path), @operator) with { Detail = detail };
        return new Ledger(_folder).AppendAsync(entry, cancellationToken);
    }

    private static void Add(Dictionary<Guid, MemoryDumpRemoval> removals, IEnumerable<MemoryDumpFile> dumps, string reason)
    {
        foreach (MemoryDumpFile dump in dumps)
        {
            removals.TryAdd(dump.DumpId, new MemoryDumpRemoval { Dump = dump, Reason = reason });
        }
    }

    // Held dumps count, but only others can make room.
    private static void AddBySize(Dictionary<Guid, MemoryDumpRemoval> removals, IReadOnlyList<MemoryDumpFile> all, MemoryDumpFile[] candidates, long? maximum)
    {
        long left = all.Where(dump => !removals.ContainsKey(dump.DumpId)).Sum(dump => dump.StoredBytes);
        foreach (MemoryDumpFile dump in Enumerable.Reverse(candidates).Where(dump => !dump.IsHeld && !removals.ContainsKey(dump.DumpId)).ToArray())
        {
            if (maximum is null || left <= maximum)
            {
                return;
            }

            Add(removals, [dump], "Size");
            left -= dump.StoredBytes;
        }
    }

    // Oldest first, so that of several verified dumps of a VM the newest is the one that stays. Where none was ever
    // verified, the newest stands in for it.
    private static IEnumerable<MemoryDumpRemoval> Judge(IEnumerable<MemoryDumpRemoval> removals, IReadOnlyList<MemoryDumpFile> all, bool force)
    {
        HashSet<Guid> staying = all.Select(dump => dump.DumpId).ToHashSet();
        foreach (MemoryDumpRemoval removal in removals)
        {
            MemoryDumpFile dump = removal.Dump;
            MemoryDumpFile[] others = all.Where(other => other.Uuid == dump.Uuid && other.DumpId != dump.DumpId && staying.Contains(other.DumpId)).ToArray();
            bool vmHasVerified = all.Any(other => other.Uuid == dump.Uuid && other.IsVerified);
            string? why = dump.IsHeld ? "it is on hold"
                : force ? null
                : vmHasVerified && dump.IsVerified && !others.Any(other => other.IsVerified) ? $"it is the only verified dump of '{dump.Name}'"
                : !vmHasVerified && others.Length == 0 ? $"it is the last dump of '{dump.Name}', and none was verified"
                : null;
            if (why is null)
            {
                staying.Remove(dump.DumpId);
            }

            yield return removal with { KeptBecause = why };
        }
    }
}
