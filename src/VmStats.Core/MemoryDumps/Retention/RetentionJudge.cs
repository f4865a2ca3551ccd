using System.Globalization;

namespace VmStats.MemoryDumps;

/// <summary>Says of one dump after the other, oldest first, whether it may go, given those that went before.</summary>
/// <param name="all">All dumps of the folder, newest first.</param>
/// <param name="policy">What is asked for.</param>
internal sealed class RetentionJudge(IReadOnlyList<MemoryDumpFile> all, RetentionPolicy policy)
{
    private readonly HashSet<string> _newest = policy.Newest(all).Select(dump => dump.Path).ToHashSet(StringComparer.Ordinal);
    private readonly HashSet<string> _staying = all.Select(dump => dump.Path).ToHashSet(StringComparer.Ordinal);

    /// <summary>Bytes of the dumps that stay so far.</summary>
    public long StayingBytes => all.Where(dump => _staying.Contains(dump.Path)).Sum(dump => dump.StoredBytes);

    /// <summary>True for a dump that -KeepLast keeps.</summary>
    public bool IsAmongNewest(MemoryDumpFile dump) => _newest.Contains(dump.Path);

    /// <summary>Judges a dump; where it may go, it counts as gone from then on.</summary>
    public MemoryDumpRemoval Judge(MemoryDumpFile dump, string reason)
    {
        string? why = WhyStays(dump);
        if (why is null)
        {
            _staying.Remove(dump.Path);
        }

        return new MemoryDumpRemoval { Dump = dump, Reason = reason, KeptBecause = why };
    }

    // Oldest first, so that of several verified dumps of a VM the newest is the one that stays. Where none was ever
    // verified, the newest stands in for it.
    private string? WhyStays(MemoryDumpFile dump)
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
        MemoryDumpFile[] others = ofVm.Where(other => other.Path != dump.Path && _staying.Contains(other.Path)).ToArray();
        return ofVm.Any(other => other.IsVerified)
            ? dump.IsVerified && !others.Any(other => other.IsVerified) ? $"it is the only verified dump of '{dump.Name}'" : null
            : others.Length == 0 ? $"it is the last dump of '{dump.Name}', and none was verified" : null;
    }
}
