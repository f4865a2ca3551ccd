namespace VmStats.Text;

/// <summary>Formats a list of names for a message: the first names, and the number of the others.</summary>
internal static class NameList
{
    /// <summary>Returns a text such as <c>a, b and 3 more</c>.</summary>
    /// <param name="names">The names, in the order in which they are listed.</param>
    /// <param name="maximum">Maximum number of names to list.</param>
    public static string Of(IReadOnlyCollection<string> names, int maximum)
    {
        string more = names.Count > maximum ? FormattableString.Invariant($" and {names.Count - maximum} more") : "";
        return string.Join(", ", names.Take(maximum)) + more;
    }
}
