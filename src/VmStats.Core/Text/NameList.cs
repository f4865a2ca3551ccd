namespace VmStats.Text;

/// <summary>Names in a sentence: the first of them, and how many more there are.</summary>
internal static class NameList
{
    /// <summary>As in <c>a, b and 3 more</c>.</summary>
    /// <param name="names">The names, in the order in which they are told.</param>
    /// <param name="maximum">As many are told.</param>
    public static string Of(IReadOnlyCollection<string> names, int maximum)
    {
        string more = names.Count > maximum ? FormattableString.Invariant($" and {names.Count - maximum} more") : "";
        return string.Join(", ", names.Take(maximum)) + more;
    }
}
