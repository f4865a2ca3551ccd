namespace VmStats.Infrastructure.Embedded;

/// <summary>Compares the tag values of points of the same shape; null and empty are equal.</summary>
internal sealed class TagValuesComparer : IEqualityComparer<IReadOnlyList<string?>>
{
    public static TagValuesComparer Instance { get; } = new();

    public bool Equals(IReadOnlyList<string?>? x, IReadOnlyList<string?>? y)
    {
        for (int i = 0; i < x!.Count; i++)
        {
            if (!string.Equals(x[i] ?? "", y![i] ?? "", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public int GetHashCode(IReadOnlyList<string?> obj)
    {
        HashCode hash = default;
        for (int i = 0; i < obj.Count; i++)
        {
            hash.Add(string.GetHashCode(obj[i] ?? "", StringComparison.Ordinal));
        }

        return hash.ToHashCode();
    }
}
