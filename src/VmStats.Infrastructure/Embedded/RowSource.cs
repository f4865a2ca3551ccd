namespace VmStats.Infrastructure.Embedded;

/// <summary>The rows of the data table that a query is about, found the cheaper way.</summary>
internal sealed class RowSource
{
    private const int Sample = 1_000;

    // A seek to the next time and one per series cost about as much as passing so many rows (measured; see the benchmarks).
    private const int RowsPerSeek = 40;

    private readonly Conditions _conditions;
    private readonly IReadOnlyList<StoredSeries>? _restriction;
    private readonly long _start;
    private readonly long _finish;
    private readonly bool _descending;
    private readonly ScanPlan _plan;

    /// <summary>Plans the reading of some series' rows.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="conditions">The filters.</param>
    /// <param name="series">The series.</param>
    /// <param name="isAll">True when these are all series of the measurement.</param>
    /// <param name="start">First time.</param>
    /// <param name="finish">Time after the last.</param>
    /// <param name="descending">Newest first.</param>
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

        // Before the oldest and after the newest point of these series there is nothing to be passed over.
        _start = series.Count == 0 ? start : Math.Max(start, series.Min(one => one.Oldest));
        _finish = series.Count == 0 ? finish : Math.Min(finish, series.Max(one => one.Newest) + 1);
        _plan = isAll ? ScanPlan.Range : Choose(session, series.Count);
    }

    /// <summary>The series by their numbers.</summary>
    public IReadOnlyDictionary<long, StoredSeries> ById { get; }

    /// <summary>The statement that reads time, series and these fields.</summary>
    public SqlText Select(IReadOnlyList<StoredColumn> fields) =>
        SqliteRenderer.Rows(_conditions, fields, _restriction, _start, _finish, _descending, _plan);

    private ScanPlan Choose(SqliteSession session, int seriesCount)
    {
        using SqliteStatement statement =
            SqliteRenderer.Density(_conditions.Measurement, _start, _finish, _descending, Sample).Prepare(session);
        statement.Step();
        long rows = statement.Int64(0);
        long times = statement.Int64(1);
        return rows == Sample && rows / times > RowsPerSeek * (seriesCount + 1L) ? ScanPlan.Skip : ScanPlan.Range;
    }
}
