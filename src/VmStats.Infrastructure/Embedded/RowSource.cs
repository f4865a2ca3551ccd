namespace VmStats.Infrastructure.Embedded;

/// <summary>Selects the rows of the data table for a query with the cheaper of two scan plans.</summary>
internal sealed class RowSource
{
    private const int SampleSize = 1_000;

    // One seek (to the next time, or to a series) costs about as much as scanning this many rows (measured; see the benchmarks).
    private const int RowsPerSeek = 40;

    private readonly Conditions _conditions;
    private readonly IReadOnlyList<StoredSeries>? _restriction;
    private readonly long _start;
    private readonly long _finish;
    private readonly bool _descending;
    private readonly ScanPlan _plan;

    /// <summary>Chooses the scan plan for the rows of some series.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="conditions">The filters.</param>
    /// <param name="series">The series.</param>
    /// <param name="isAll">True if these are all series of the measurement.</param>
    /// <param name="start">Start of the range (inclusive).</param>
    /// <param name="finish">End of the range (exclusive).</param>
    /// <param name="descending">True to return the newest rows first.</param>
    public RowSource(
        SqliteSession session,
        Conditions conditions,
        IReadOnlyList<StoredSeries> series,
        bool isAll,
        long start,
        long finish,
        bool descending)
    {
        _conditions = conditions;
        _restriction = isAll ? null : series;
        _descending = descending;
        ById = series.ToDictionary(one => one.Id);

        // Narrow the range to the oldest and newest point of these series, so that rows outside aren't scanned.
        _start = series.Count == 0 ? start : Math.Max(start, series.Min(one => one.Oldest));
        _finish = series.Count == 0 ? finish : Math.Min(finish, series.Max(one => one.Newest) + 1);
        _plan = isAll ? ScanPlan.Range : Choose(session, series.Count);
    }

    /// <summary>The series by id.</summary>
    public IReadOnlyDictionary<long, StoredSeries> ById { get; }

    /// <summary>Returns the statement that selects time, series and the given fields.</summary>
    public SqlText Select(IReadOnlyList<StoredColumn> fields) =>
        SqliteRenderer.Rows(_conditions, fields, _restriction, _start, _finish, _descending, _plan);

    private ScanPlan Choose(SqliteSession session, int seriesCount)
    {
        using SqliteStatement statement =
            SqliteRenderer.Density(_conditions.Measurement, _start, _finish, _descending, SampleSize).Prepare(session);
        statement.Step();
        long rows = statement.Int64(0);
        long times = statement.Int64(1);
        return rows == SampleSize && rows / times > RowsPerSeek * (seriesCount + 1L) ? ScanPlan.Skip : ScanPlan.Range;
    }
}
