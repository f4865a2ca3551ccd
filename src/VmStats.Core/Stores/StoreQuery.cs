using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// What is asked of a store, in its own terms: no text of any dialect. The renderers turn it into InfluxDB 3 SQL,
/// InfluxQL or SQLite SQL; values always travel as parameters, identifiers are quoted by the renderer.
/// </summary>
/// <param name="Measurement">The measurement (table), as the store spells it.</param>
internal sealed record StoreQuery(string Measurement)
{
    /// <summary>Columns wanted besides <c>time</c>; null for all that exist. Columns that don't exist are absent in the rows.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Conditions that must all hold.</summary>
    public IReadOnlyList<ColumnFilter> Filters { get; init; } = [];

    /// <summary>First time, inclusive, UTC nanoseconds; null for no bound.</summary>
    public long? Start { get; init; }

    /// <summary>Last time, exclusive, UTC nanoseconds; null for no bound.</summary>
    public long? Finish { get; init; }

    /// <summary>Newest first instead of oldest first.</summary>
    public bool Descending { get; init; }

    /// <summary>At most so many rows, after <see cref="Skip"/>; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Rows to pass over first.</summary>
    public int Skip { get; init; }

    /// <summary>When set, only the newest rows of each group, newest first within a group.</summary>
    public LatestPerGroup? Latest { get; init; }

    /// <summary>When set, the distinct combinations of these tag columns instead of rows; the rows have no time.</summary>
    public IReadOnlyList<string>? Distinct { get; init; }

    /// <summary>When set, one row per bucket and group with these aggregates instead of rows.</summary>
    public Aggregation? Aggregation { get; init; }

    /// <summary>Hears how the query goes on, where the store reads it in slices; null for nobody.</summary>
    public VmStats.Stores.IQueryObserver? Observer { get; init; }
}

/// <summary>A condition: one of the columns (any of them) has one of the values.</summary>
/// <param name="AnyOf">Columns, of which at least one must match. Two, where a database has two tag vocabularies.</param>
/// <param name="Values">Values, any of which matches; none matches nothing.</param>
internal sealed record ColumnFilter(IReadOnlyList<string> AnyOf, IReadOnlyList<FieldValue> Values)
{
    /// <summary>A condition on one column and texts.</summary>
    public static ColumnFilter In(string column, params string[] values) =>
        new([column], values.Select(value => FieldValue.From(value)).ToArray());
}

/// <summary>Asks for the newest rows of each group.</summary>
/// <param name="By">Tag columns that make a group; those that don't exist are passed over.</param>
/// <param name="Depth">Rows per group, 1 or more. Two, where a rate is wanted.</param>
internal sealed record LatestPerGroup(IReadOnlyList<string> By, int Depth);

/// <summary>Asks for aggregates in place of rows.</summary>
/// <param name="Aggregates">What to compute.</param>
/// <param name="GroupBy">Tag columns that make a group.</param>
/// <param name="Interval">Width of a bucket in nanoseconds, aligned to 1970-01-01 UTC; null for one bucket over the whole range.</param>
internal sealed record Aggregation(
    IReadOnlyList<Aggregate> Aggregates,
    IReadOnlyList<string> GroupBy,
    long? Interval = null)
{
    /// <summary>When set, the aggregates are computed over the rates of a counter instead of over its values.</summary>
    public CounterRates? Rates { get; init; }
}

/// <summary>
/// The rates of a counter: by how much it grew per second between one row of a group and the next that has it. Between two
/// rows of which the later has less (a reset) there is none; nor to or from a row in which it is negative, which is libvirt's
/// "not reported".
/// </summary>
/// <param name="Counter">The field; the aggregates' column.</param>
/// <param name="LeadIn">
/// Nanoseconds before the query's start of which rows are read, too, so that the first row of the range has one before it.
/// A range that is read in slices has the same at each slice, so that no rate is lost but over a gap that is longer.
/// </param>
internal sealed record CounterRates(string Counter, long LeadIn);

/// <summary>One aggregate of one column.</summary>
/// <param name="Function">The function.</param>
/// <param name="Column">The field it is computed over; for <see cref="AggregateFunction.Count"/> of all rows, null.</param>
/// <param name="Name">The name of the result's column.</param>
internal sealed record Aggregate(AggregateFunction Function, string? Column, string Name);

/// <summary>The functions that every store has.</summary>
internal enum AggregateFunction
{
    /// <summary>Number of rows, or of present values of a column.</summary>
    Count,

    /// <summary>Arithmetic mean.</summary>
    Average,

    /// <summary>Minimum value.</summary>
    Minimum,

    /// <summary>Greatest value.</summary>
    Maximum,

    /// <summary>Sum.</summary>
    Sum,

    /// <summary>Value of the oldest row that has one.</summary>
    First,

    /// <summary>Value of the newest row that has one.</summary>
    Last,
}
