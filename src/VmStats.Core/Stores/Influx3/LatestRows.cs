using VmStats.Data;
using VmStats.Queries;

namespace VmStats.Stores.Influx3;

/// <summary>The newest rows of each group, as they are found in ranges from the newest to the oldest.</summary>
internal sealed class LatestRows(QueryPlan plan)
{
    private readonly Dictionary<GroupKey, List<StoreRow>> _groups = [];

    /// <summary>Rows wanted of each group.</summary>
    public int Depth { get; } = Math.Max(1, plan.Query.Latest?.Depth ?? 1);

    /// <summary>The groups that rows were found of.</summary>
    public IReadOnlyCollection<GroupKey> Groups => _groups.Keys;

    /// <summary>True when there is a group and each has its rows.</summary>
    public bool IsComplete => _groups.Count > 0 && _groups.Values.All(rows => rows.Count >= Depth);

    /// <summary>The group of a row.</summary>
    public static GroupKey KeyOf(QueryPlan plan, StoreRow row) => GroupKey.Of(null, plan.GroupBy, row);

    /// <summary>The rows that were found of a group.</summary>
    public IReadOnlyList<StoreRow> Of(GroupKey group) => _groups.TryGetValue(group, out List<StoreRow>? rows) ? rows : [];

    /// <summary>True when the row's group lacks rows.</summary>
    public bool Wants(StoreRow row) => Of(KeyOf(plan, row)).Count < Depth;

    /// <summary>Takes a row, unless its group is complete: ranges are read from the newest on, and a range's rows come newest first.</summary>
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
