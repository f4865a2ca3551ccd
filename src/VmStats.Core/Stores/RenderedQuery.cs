using VmStats.Points;

namespace VmStats.Stores;

/// <summary>A query in a dialect's text, with the values that stand in it as <c>$name</c>.</summary>
/// <param name="Text">The statement.</param>
/// <param name="Parameters">The values.</param>
/// <param name="Columns">The columns of its rows, without <c>time</c>.</param>
internal sealed record RenderedQuery(string Text, IReadOnlyDictionary<string, FieldValue> Parameters, IReadOnlyList<string> Columns)
{
    /// <summary>The number of rows that the reader skips, where the dialect has no offset.</summary>
    public int Skip { get; init; }

    /// <summary>The maximum number of rows that the reader returns, where the dialect has no limit.</summary>
    public int? Limit { get; init; }

    /// <summary>The rows are parts of the answer, by time, and those before this time (UTC nanoseconds) are none; null where they are the answer.</summary>
    public long? Since { get; init; }
}
