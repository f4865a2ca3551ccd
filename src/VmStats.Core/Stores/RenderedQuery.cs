using VmStats.Points;

namespace VmStats.Stores;

/// <summary>A query as a statement in a store's dialect, with the values of its <c>$name</c> parameters.</summary>
/// <param name="Text">The statement.</param>
/// <param name="Parameters">The parameter values.</param>
/// <param name="Columns">The columns of the result, without <c>time</c>.</param>
internal sealed record RenderedQuery(string Text, IReadOnlyDictionary<string, FieldValue> Parameters, IReadOnlyList<string> Columns)
{
    /// <summary>The number of rows that the reader skips, if the dialect has no offset.</summary>
    public int Skip { get; init; }

    /// <summary>The maximum number of rows that the reader returns, if the dialect has no limit.</summary>
    public int? Limit { get; init; }

    /// <summary>Set if the rows are partial aggregates that the reader must merge: rows before this time (UTC nanoseconds) are ignored. Otherwise null.</summary>
    public long? Since { get; init; }
}
