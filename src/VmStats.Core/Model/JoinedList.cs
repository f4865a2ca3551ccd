namespace VmStats;

/// <summary>A list whose text is that of its items: a cell of a CSV file shows them, and not the list's type.</summary>
/// <param name="items">The items; what is added to them later belongs to the list.</param>
internal sealed class JoinedList<T>(IReadOnlyList<T> items) : IReadOnlyList<T>
{
    public int Count => items.Count;

    public T this[int index] => items[index];

    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join("; ", items);
}
