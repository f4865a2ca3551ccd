using System.Collections.Concurrent;
using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx3;

/// <summary>What is known of a group of a table's rows.</summary>
/// <param name="Newest">Time of its newest row when it was counted; the least time where it had none.</param>
/// <param name="Rows">Its rows at that time.</param>
/// <param name="Position">Time of its newest row, as far as is known by now.</param>
internal readonly record struct GroupFacts(long Newest, long Rows, long Position)
{
    /// <summary>Of a group without rows.</summary>
    public static GroupFacts None => new(long.MinValue, 0, long.MinValue);
}

/// <summary>
/// Which groups a table has, as the table itself says, which alone knows of all rows; and of those that lack rows where
/// the newest lies, so that only the ranges of time in which something is to be found need to be read.
/// </summary>
internal sealed record TableCensus
{
    /// <summary>The table.</summary>
    public required string Measurement { get; init; }

    /// <summary>The groups.</summary>
    public required IReadOnlySet<GroupKey> Groups { get; init; }

    /// <summary>What is known of those that were counted.</summary>
    public ConcurrentDictionary<GroupKey, GroupFacts> Facts { get; init; } = new();

    /// <summary>When the table was asked for its groups.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>When the groups were last brought up to date: asked for again, or heard of by the cache.</summary>
    public required DateTimeOffset RenewedAt { get; init; }

    /// <summary>The cache that is to have the groups; null without one.</summary>
    public LastValueCache? Cache { get; init; }

    /// <summary>True where the cache has heard of every write since the census was taken, as long as the process of the server is the same.</summary>
    public bool IsCacheComplete { get; init; }

    /// <summary>The process of the server that was asked; null where it isn't known.</summary>
    public string? ProcessId { get; init; }

    /// <summary>What the cache lacks of the groups that it was compared of last.</summary>
    public (IReadOnlySet<GroupKey> Groups, CacheShortfall Shortfall)? Compared { get; set; }

    /// <summary>The groups that lack rows of which it isn't known where they lie.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="filter">The groups that are asked for.</param>
    public List<GroupKey> Uncounted(LatestRows found, GroupFilter filter) =>
        [.. Groups.Where(group => filter.Matches(group) && !Facts.ContainsKey(group) && found.Of(group).Count < found.Depth)];

    /// <summary>The groups that rows are to be looked for of in a range, when all that is newer than the range has been read.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="filter">The groups that are asked for.</param>
    /// <param name="range">The range.</param>
    /// <param name="recent">Since when rows may have come after the count: from there on a group that lacks rows is always looked for.</param>
    public List<GroupKey> Wanted(LatestRows found, GroupFilter filter, Slice range, long recent)
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

            // A VM that has only ever had one row isn't searched for another through all of history.
            return range.From >= recent || rows.Count(row => row.Time <= facts.Newest) < facts.Rows;
        }
    }

    /// <summary>Time of the newest row of each group that is known by what was found or counted.</summary>
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

/// <summary>Decides which groups a query selects, if its conditions use the group's columns only.</summary>
internal sealed class GroupFilter
{
    // More values than these in a condition cost more than the rows that they keep away.
    private const int MostValues = 500;
    private readonly List<List<(int Place, HashSet<FieldValue> Values)>> _all;

    private GroupFilter(List<List<(int, HashSet<FieldValue>)>> all) => _all = all;

    /// <summary>The filter; null where a condition is on another column.</summary>
    public static GroupFilter? Of(QueryPlan plan) =>
        plan.GroupBy.Count == 0 || plan.Conditions.Any(any => any.Exists(condition => !plan.GroupBy.Contains(condition.Column)))
            ? null
            : new GroupFilter([.. plan.Conditions.Select(any => any.ConvertAll(condition => (plan.GroupBy.IndexOf(condition.Column), condition.Values.ToHashSet())))]);

    /// <summary>A condition on one tag that all of some groups have, which keeps most of the others away: whoever passes, passes with all rows.</summary>
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

    /// <summary>True for a group that is asked for. Conditions have tags as they are on the wire.</summary>
    public bool Matches(GroupKey group) => _all.TrueForAll(any => any.Exists(condition =>
        group.Values[condition.Place].AsString() is { } text && condition.Values.Contains(FieldValue.From(TagSubstitutes.Encode(text)))));
}
