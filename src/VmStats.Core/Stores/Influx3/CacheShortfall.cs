using System.Globalization;
using VmStats.Text;

namespace VmStats.Stores.Influx3;

/// <summary>The groups of a table that are missing or out of date in one of its caches.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Groups">Number of the table's groups that the cache should contain.</param>
/// <param name="Missing">Those that are missing from the cache.</param>
/// <param name="Late">Those for which the cache has older rows only.</param>
internal sealed record CacheShortfall(string Cache, int Groups, IReadOnlyList<GroupKey> Missing, IReadOnlyList<GroupKey> Late)
{
    private const int GroupsToName = 10;

    /// <summary>True if no group is missing or out of date.</summary>
    public bool IsNone => Missing.Count == 0 && Late.Count == 0;

    /// <summary>Compares a cache with its table.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="table">The newest time of each group in the table.</param>
    /// <param name="cached">The newest time of each group in the cache, read after the table was.</param>
    /// <param name="oldest">Groups without a row since this time (UTC nanoseconds) aren't compared, since the cache has rightly dropped them.</param>
    public static CacheShortfall Of(string cache, IReadOnlyDictionary<GroupKey, long> table, IReadOnlyDictionary<GroupKey, long> cached, long oldest)
    {
        (GroupKey Group, long Newest)[] due =
            [.. table.Where(group => group.Value >= oldest).Select(group => (group.Key, group.Value)).OrderBy(group => group.Key.Values, TagOrder.Instance)];
        return new(
            cache,
            due.Length,
            [.. due.Where(one => !cached.ContainsKey(one.Group)).Select(one => one.Group)],
            [.. due.Where(one => cached.TryGetValue(one.Group, out long newest) && newest < one.Newest).Select(one => one.Group)]);
    }

    /// <summary>Describes the shortfall: how many groups are missing or out of date, and which.</summary>
    /// <param name="measurement">The table.</param>
    public string ToString(string measurement)
    {
        string missing = Missing.Count == 0 ? "" : $" lacks {Count(Missing)}: {Names(Missing)}";
        string late = Late.Count == 0 ? "" : $"{(missing.Length > 0 ? ", and" : "")} has only older rows of {Count(Late)}: {Names(Late)}";
        return $"The cache {SafeText.Printable(Cache)} of {measurement}{missing}{late}.";
    }

    private string Count(IReadOnlyList<GroupKey> groups) => string.Create(CultureInfo.InvariantCulture, $"{groups.Count} of {Groups}");

    // UUIDs are omitted: users know a VM by its name, which is among the tags.
    private static string Names(IReadOnlyList<GroupKey> groups)
    {
        string[] names = [.. groups
            .Select(group => string.Join(' ', group.Values.Where(value => !value.IsNull && !Guid.TryParse(value.AsString(), out _)).DefaultIfEmpty(group.Values[0])))];
        return SafeText.Printable(NameList.Of(names, GroupsToName));
    }
}
