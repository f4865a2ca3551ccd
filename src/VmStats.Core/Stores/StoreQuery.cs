using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A query to a store, independent of any dialect. The renderers translate it into InfluxDB 3 SQL, InfluxQL or SQLite SQL; values
/// are always passed as parameters, and identifiers are quoted by the renderer.
/// </summary>
/// <param name="Measurement">The measurement (table), spelled as in the store.</param>
internal sealed record StoreQuery(string Measurement)
{
    /// <summary>The columns to return besides <c>time</c>; null for all existing columns. Columns that don't exist are absent in the rows.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Conditions, all of which must match.</summary>
    public IReadOnlyList<ColumnFilter> Filters { get; init; } = [];

    /// <summary>Start of the time range, inclusive, UTC nanoseconds; null for no bound.</summary>
    public long? Start { get; init; }

    /// <summary>End of the time range, exclusive, UTC nanoseconds; null for no bound.</summary>
    public long? Finish { get; init; }

    /// <summary>Newest first instead of oldest first.</summary>
    public bool Descending { get; init; }

    /// <summary>The maximum number of rows, after <see cref="Skip"/>; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>The number of rows to skip.</summary>
    public int Skip { get; init; }

    /// <summary>When set, only the newest rows of each group, newest first within a group.</summary>
    public LatestPerGroup? Latest { get; init; }

    /// <summary>When set, the distinct combinations of these tag columns instead of rows; the rows have no time.</summary>
    public IReadOnlyList<string>? Distinct { get; init; }

    /// <summary>When set, one row per bucket and group with these aggregates instead of rows.</summary>
    public Aggregation? Aggregation { get; init; }

    /// <summary>Receives the progress, if the store reads the query in slices, and warnings; null for none.</summary>
    public VmStats.Stores.IQueryObserver? Observer { get; init; }
}

/// <summary>A condition: one of the columns (any of them) has one of the values.</summary>
/// <param name="AnyOf">Columns, of which at least one must match. There are two if a database has two names for the same tag.</param>
/// <param name="Values">The values to match; an empty list matches nothing.</param>
internal sealed record ColumnFilter(IReadOnlyList<string> AnyOf, IReadOnlyList<FieldValue> Values)
{
    /// <summary>Creates a condition that a column has one of the given strings.</summary>
    public static ColumnFilter In(string column, params string[] values) =>
        new([column], values.Select(value => FieldValue.From(value)).ToArray());
}

/// <summary>Asks for the newest rows of each group.</summary>
/// <param name="By">Tag columns to group by; those that don't exist are ignored.</param>
/// <param name="Depth">Rows per group, 1 or more; a rate needs two.</param>
internal sealed record LatestPerGroup(IReadOnlyList<string> By, int Depth);

/// <summary>Asks for aggregates instead of rows.</summary>
/// <param name="Aggregates">The aggregates to compute.</param>
/// <param name="GroupBy">Tag columns to group by.</param>
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
/// The rates of a counter: its increase per second between one row of a group and the next row that has a value. There is no rate
/// if the later value is lower (a reset). Rows with a negative value, which is libvirt's "not reported", are skipped.
/// </summary>
/// <param name="Counter">The counter's field; also the column of the aggregates.</param>
/// <param name="LeadIn">
/// The time before the query's start, in nanoseconds, from which rows are also read, so that the first row of the range has a
/// previous row. If a range is read in slices, this applies to each slice, so that a rate is lost only across a longer gap.
/// </param>
internal sealed record CounterRates(string Counter, long LeadIn);

/// <summary>One aggregate of one column.</summary>
/// <param name="Function">The function.</param>
/// <param name="Column">The field that is aggregated; null for a <see cref="AggregateFunction.Count"/> of all rows.</param>
/// <param name="Name">The name of the result's column.</param>
internal sealed record Aggregate(AggregateFunction Function, string? Column, string Name);

/// <summary>The aggregate functions that every store supports.</summary>
internal enum AggregateFunction
{
    /// <summary>Number of rows, or of values that are present in a column.</summary>
    Count,

    /// <summary>Arithmetic mean.</summary>
    Average,

    /// <summary>Minimum.</summary>
    Minimum,

    /// <summary>Maximum.</summary>
    Maximum,

    /// <summary>Sum.</summary>
    Sum,

    /// <summary>The value of the oldest row that has one.</summary>
    First,

    /// <summary>The value of the newest row that has one.</summary>
    Last,
}
