using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>Collects the newest rows of each group from ranges that are read from the newest to the oldest.</summary>
internal sealed class LatestRows(QueryPlan plan)
{
    private readonly Dictionary<GroupKey, List<StoreRow>> _groups = [];

    /// <summary>Number of rows to find for each group.</summary>
    public int Depth { get; } = Math.Max(1, plan.Query.Latest?.Depth ?? 1);

    /// <summary>The groups for which rows were found.</summary>
    public IReadOnlyCollection<GroupKey> Groups => _groups.Keys;

    /// <summary>True if at least one group was found, and each has all its rows.</summary>
    public bool IsComplete => _groups.Count > 0 && _groups.Values.All(rows => rows.Count >= Depth);

    /// <summary>Returns the group of a row.</summary>
    public static GroupKey KeyOf(QueryPlan plan, StoreRow row) => GroupKey.Of(null, plan.GroupBy, row);

    /// <summary>Returns the rows found for a group.</summary>
    public IReadOnlyList<StoreRow> Of(GroupKey group) => _groups.TryGetValue(group, out List<StoreRow>? rows) ? rows : [];

    /// <summary>True if the group of the row lacks rows.</summary>
    public bool Wants(StoreRow row) => Of(KeyOf(plan, row)).Count < Depth;

    /// <summary>Adds a row, unless its group is complete. Ranges must be added from the newest to the oldest, and a range's rows newest first.</summary>
    public void Add(StoreRow row)
    {
        GroupKey key = KeyOf(plan, row);
        if (!_groups.TryGetValue(key, out List<StoreRow>? rows))
        {
            _groups.Add(key, rows = new List<StoreRow>(Depth));
        }

        if (rows.Count < Depth)
        {
            rows.Add(row);
        }
    }

    /// <summary>All rows, by group, newest first.</summary>
    public IEnumerable<StoreRow> InOrder() => _groups.OrderBy(group => group.Key.Values, TagOrder.Instance).SelectMany(group => group.Value);
}
