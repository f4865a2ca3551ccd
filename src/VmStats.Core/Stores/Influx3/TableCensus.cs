using VmStats.Points;
using VmStats.Text;

namespace VmStats.Stores.Influx3;

/// <summary>What is known of a group of a table's rows.</summary>
/// <param name="Newest">Time of its newest row when the table was counted; the least time where it had none.</param>
/// <param name="Rows">Its rows at that time.</param>
/// <param name="Position">Time of its newest row, as far as is known by now.</param>
internal readonly record struct GroupFacts(long Newest, long Rows, long Position);

/// <summary>
/// Which groups a table has, and where in time the newest row of each lies: counted in the table itself, which alone knows
/// of all rows. With it, only the ranges of time in which something is to be found need to be read.
/// </summary>
internal sealed record TableCensus
{
    /// <summary>The table.</summary>
    public required string Measurement { get; init; }

    /// <summary>The groups.</summary>
    public required IReadOnlyDictionary<GroupKey, GroupFacts> Groups { get; init; }

    /// <summary>When the table was counted.</summary>
    public required DateTimeOffset CountedAt { get; init; }

    /// <summary>When the groups were last brought up to date: counted again, or heard of by the cache.</summary>
    public required DateTimeOffset RenewedAt { get; init; }

    /// <summary>The cache that has heard of every write since the table was counted, as long as the process of the server is the same; null without one.</summary>
    public LastValueCache? Cache { get; init; }

    /// <summary>The process of the server that counted; null where it isn't known.</summary>
    public string? ProcessId { get; init; }

    /// <summary>What the cache lacks of what was counted, in words; null where it lacks nothing or isn't there.</summary>
    public string? Shortfall { get; init; }

    /// <summary>The groups that rows are to be looked for of in a range, when all that is newer than the range has been read.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="filter">The groups that are asked for.</param>
    /// <param name="range">The range.</param>
    /// <param name="recent">Since when rows may have come after the count: from there on a group that lacks rows is always looked for.</param>
    public List<GroupKey> Wanted(LatestRows found, GroupFilter filter, Slice range, long recent)
    {
        IEnumerable<KeyValuePair<GroupKey, GroupFacts>> unknown = found.Groups
            .Where(group => !Groups.ContainsKey(group))
            .Select(group => KeyValuePair.Create(group, new GroupFacts(long.MinValue, 0, long.MinValue)));
        return [.. Groups.Where(group => filter.Matches(group.Key)).Concat(unknown).Where(group => IsWanted(group.Value, found.Of(group.Key))).Select(group => group.Key)];

        bool IsWanted(GroupFacts facts, IReadOnlyList<StoreRow> rows)
        {
            if (rows.Count >= found.Depth)
            {
                return false;
            }

            if (rows.Count == 0)
            {
                return range.IsOpenAtStart || facts.Position >= range.From;
            }

            // A VM that has only ever had one row isn't searched for another through all of history.
            return range.From >= recent || rows.Count(row => row.Time <= facts.Newest) < facts.Rows;
        }
    }
}

/// <summary>Tells which groups a query asks for, where its conditions are on the columns of the group alone.</summary>
internal sealed class GroupFilter
{
    private readonly List<List<(int Place, HashSet<FieldValue> Values)>> _all;

    private GroupFilter(List<List<(int, HashSet<FieldValue>)>> all) => _all = all;

    /// <summary>The filter; null where a condition is on another column.</summary>
    public static GroupFilter? Of(QueryPlan plan) =>
        plan.GroupBy.Count == 0 || plan.Conditions.Any(any => any.Exists(condition => !plan.GroupBy.Contains(condition.Column)))
            ? null
            : new GroupFilter([.. plan.Conditions.Select(any => any.ConvertAll(condition => (plan.GroupBy.IndexOf(condition.Column), condition.Values.ToHashSet())))]);

    /// <summary>True for a group that is asked for. Conditions have tags as they are on the wire.</summary>
    public bool Matches(GroupKey group) => _all.TrueForAll(any => any.Exists(condition =>
        group.Values[condition.Place].AsString() is { } text && condition.Values.Contains(FieldValue.From(TagSubstitutes.Encode(text)))));
}
