using System.Collections.Concurrent;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx3;

/// <summary>What is known about the rows of one group.</summary>
/// <param name="Newest">Time of its newest row when it was counted; <see cref="long.MinValue"/> if it had none.</param>
/// <param name="Rows">Number of its rows at that time.</param>
/// <param name="Position">Time of its newest row, as far as is known now.</param>
internal readonly record struct GroupFacts(long Newest, long Rows, long Position)
{
    /// <summary>The facts about a group without rows.</summary>
    public static GroupFacts None => new(long.MinValue, 0, long.MinValue);
}

/// <summary>
/// The groups of a table according to the table itself, the only source that knows all rows. For groups that lack rows it also
/// has the time of the newest row, so that only time ranges in which there is something to find need to be read.
/// </summary>
internal sealed record TableCensus
{
    /// <summary>The table.</summary>
    public required string Measurement { get; init; }

    /// <summary>The groups.</summary>
    public required IReadOnlySet<GroupKey> Groups { get; init; }

    /// <summary>What is known about the groups that were counted.</summary>
    public ConcurrentDictionary<GroupKey, GroupFacts> Facts { get; init; } = new();

    /// <summary>When the table was queried for its groups.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>When the groups were last brought up to date, from the table or from the cache.</summary>
    public required DateTimeOffset RenewedAt { get; init; }

    /// <summary>The cache that should contain the groups; null if there is none.</summary>
    public LastValueCache? Cache { get; init; }

    /// <summary>True if the cache has received every write since the census was taken, provided that the server process is still the same.</summary>
    public bool IsCacheComplete { get; init; }

    /// <summary>The server process that was queried; null if unknown.</summary>
    public string? ProcessId { get; init; }

    /// <summary>The groups that were last compared with the cache, and what the cache lacks of them.</summary>
    public (IReadOnlySet<GroupKey> Groups, CacheShortfall Shortfall)? Compared { get; set; }

    /// <summary>Returns the groups that lack rows and haven't been counted, so that the time of their rows is unknown.</summary>
    /// <param name="found">The rows found so far.</param>
    /// <param name="filter">The groups that the query asks for.</param>
    public List<GroupKey> Uncounted(LatestRows found, GroupFilter filter) =>
        [.. Groups.Where(group => filter.Matches(group) && !Facts.ContainsKey(group) && found.Of(group).Count < found.Depth)];

    /// <summary>Returns the groups to look for in a range, after everything newer has been read.</summary>
    /// <param name="found">The rows found so far.</param>
    /// <param name="filter">The groups that the query asks for.</param>
    /// <param name="range">The range.</param>
    /// <param name="recent">From this time on (UTC nanoseconds) there may be rows written after the count, so the count doesn't exclude a group.</param>
    public List<GroupKey> SelectGroups(LatestRows found, GroupFilter filter, Slice range, long recent)
    {
        return [.. Groups.Where(filter.Matches).Concat(found.Groups.Where(group => !Groups.Contains(group))).Where(IsWanted)];

        bool IsWanted(GroupKey group)
        {
            IReadOnlyList<StoreRow> rows = found.Of(group);
            if (rows.Count >= found.Depth)
            {
                return false;
            }

            if (!Facts.TryGetValue(group, out GroupFacts facts))
            {
                if (Groups.Contains(group))
                {
                    return true;
                }

                facts = GroupFacts.None;
            }

            if (rows.Count == 0)
            {
                return range.IsOpenAtStart || facts.Position >= range.From;
            }

            // A VM that has only one row must not cause a search of the whole history for a second one.
            return range.From >= recent || rows.Count(row => row.Time <= facts.Newest) < facts.Rows;
        }
    }

    /// <summary>Returns the time of the newest row of each group for which it is known, from the found rows or from the count.</summary>
    public Dictionary<GroupKey, long> Newest(LatestRows found)
    {
        Dictionary<GroupKey, long> newest = [];
        foreach (GroupKey group in Groups)
        {
            if (found.Of(group) is [{ Time: long time }, ..])
            {
                newest[group] = time;
            }
            else if (Facts.TryGetValue(group, out GroupFacts facts) && facts.Rows > 0)
            {
                newest[group] = facts.Newest;
            }
        }

        return newest;
    }
}

/// <summary>Determines which groups a query asks for, if its conditions are only on columns that it groups by.</summary>
internal sealed class GroupFilter
{
    // With more values than this, a condition costs more than the rows that it excludes.
    private const int MostValues = 500;
    private readonly List<List<(int Place, HashSet<FieldValue> Values)>> _all;

    private GroupFilter(List<List<(int, HashSet<FieldValue>)>> all) => _all = all;

    /// <summary>Creates the filter; null if the query has no groups or a condition on another column.</summary>
    public static GroupFilter? Of(QueryPlan plan) =>
        plan.GroupBy.Count == 0 || plan.Conditions.Any(any => any.Exists(condition => !plan.GroupBy.Contains(condition.Column)))
            ? null
            : new GroupFilter([.. plan.Conditions.Select(any => any.ConvertAll(condition => (plan.GroupBy.IndexOf(condition.Column), condition.Values.ToHashSet())))]);

    /// <summary>
    /// Returns a condition on one tag that all rows of the given groups satisfy and that excludes most other groups; none if no
    /// tag is suitable.
    /// </summary>
    public static ColumnFilter[] Narrow(QueryPlan plan, IReadOnlyCollection<GroupKey> groups)
    {
        for (int i = 0; i < plan.GroupBy.Count; i++)
        {
            FieldValue[] values = groups.Select(group => group.Values[i]).Distinct().Take(MostValues + 1).ToArray();
            if (values.Length <= MostValues && !values.Contains(FieldValue.Null))
            {
                return [new ColumnFilter([plan.GroupBy[i]], values)];
            }
        }

        return [];
    }

    /// <summary>True for a group that the query asks for. The values in conditions are encoded as they are sent to the server.</summary>
    public bool Matches(GroupKey group) => _all.TrueForAll(any => any.Exists(condition =>
        group.Values[condition.Place].AsString() is { } text && condition.Values.Contains(FieldValue.From(TagSubstitutes.Encode(text)))));
}
