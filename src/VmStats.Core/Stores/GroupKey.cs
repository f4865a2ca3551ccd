using VmStats.Points;

namespace VmStats.Stores;

/// <summary>A bucket's time and the values of the columns that rows are grouped by.</summary>
internal readonly struct GroupKey(long? time, FieldValue[] values) : IEquatable<GroupKey>
{
    /// <summary>The group that a row belongs to.</summary>
    public static GroupKey Of(long? time, IReadOnlyList<string> groupBy, StoreRow row) => new(time, groupBy.Select(tag => row[tag]).ToArray());

    public long? Time { get; } = time;

    public FieldValue[] Values { get; } = values;

    public bool Equals(GroupKey other) => Time == other.Time && Values.AsSpan().SequenceEqual(other.Values);

    public override bool Equals(object? obj) => obj is GroupKey other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Time);
        foreach (FieldValue value in Values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
