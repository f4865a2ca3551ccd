using System.Globalization;

namespace VmStats.Dumps.Retention;

/// <summary>Decides for one dump after another, oldest first, whether it may be removed, taking the earlier removals into account.</summary>
/// <param name="all">All dumps of the folder, newest first.</param>
/// <param name="policy">The retention policy.</param>
internal sealed class RetentionEvaluator(IReadOnlyList<MemoryDumpFile> all, RetentionPolicy policy)
{
    private readonly HashSet<string> _newest = policy.Newest(all).Select(dump => dump.Path).ToHashSet(StringComparer.Ordinal);
    private readonly HashSet<string> _remaining = all.Select(dump => dump.Path).ToHashSet(StringComparer.Ordinal);

    /// <summary>Total size of the dumps that have not been removed so far.</summary>
    public long RemainingBytes => all.Where(dump => _remaining.Contains(dump.Path)).Sum(dump => dump.StoredBytes);

    /// <summary>True for a dump that -KeepLast protects.</summary>
    public bool IsAmongNewest(MemoryDumpFile dump) => _newest.Contains(dump.Path);

    /// <summary>Decides about a dump; if it may be removed, it counts as removed from then on.</summary>
    public MemoryDumpRemoval Evaluate(MemoryDumpFile dump, string reason)
    {
        string? why = ReasonToKeep(dump);
        if (why is null)
        {
            _remaining.Remove(dump.Path);
        }

        return new MemoryDumpRemoval { Dump = dump, Reason = reason, KeptBecause = why };
    }

    // Dumps are decided oldest first, so that of several verified dumps of a VM the newest one stays. If none was ever
    // verified, the newest dump is the one that stays.
    private string? ReasonToKeep(MemoryDumpFile dump)
    {
        if (dump.IsHeld)
        {
            return "it is on hold";
        }

        if (IsAmongNewest(dump))
        {
            return string.Create(CultureInfo.InvariantCulture, $"it is among the last {policy.KeepLast} of '{dump.Name}'");
        }

        if (policy.Force)
        {
            return null;
        }

        MemoryDumpFile[] ofVm = all.Where(other => other.Uuid == dump.Uuid).ToArray();
        MemoryDumpFile[] others = ofVm.Where(other => other.Path != dump.Path && _remaining.Contains(other.Path)).ToArray();
        return ofVm.Any(other => other.IsVerified)
            ? dump.IsVerified && !others.Any(other => other.IsVerified) ? $"it is the only verified dump of '{dump.Name}'" : null
            : others.Length == 0 ? $"it is the last dump of '{dump.Name}', and none was verified" : null;
    }
}
