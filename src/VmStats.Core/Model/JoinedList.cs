namespace VmStats;

/// <summary>A list whose ToString joins its items, so that a CSV file shows them instead of the list's type name.</summary>
/// <param name="items">The items; not copied, so later changes show in this list.</param>
internal sealed class JoinedList<T>(IReadOnlyList<T> items) : IReadOnlyList<T>
{
    public int Count => items.Count;

    public T this[int index] => items[index];

    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join("; ", items);
}
