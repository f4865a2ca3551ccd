using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>How the rows of some series are found in a table that is in the order of time.</summary>
internal enum ScanPlan
{
    /// <summary>All rows of the range are passed, those of other series left out.</summary>
    Range,

    /// <summary>From one time to the next, and there straight to the series: for few series among many that are sampled together.</summary>
    Skip,
}

/// <summary>Writes the SQLite SQL of a query: identifiers quoted, values as parameters.</summary>
internal static class SqliteRenderer
{
    /// <summary>Rows of some series in the order of time and series.</summary>
    /// <param name="conditions">The measurement and the filters with fields.</param>
    /// <param name="fields">Fields to select after time and series.</param>
    /// <param name="series">The series; null for all.</param>
    /// <param name="start">First time.</param>
    /// <param name="finish">Time after the last.</param>
    /// <param name="descending">Newest first.</param>
    /// <param name="plan">How the rows are found.</param>
    public static SqlText Rows(
        Conditions conditions,
        IReadOnlyList<StoredColumn> fields,
        IReadOnlyList<StoredSeries>? series,
        long start,
        long finish,
        bool descending,
        ScanPlan plan)
    {
        string table = conditions.Measurement.DataTable;
        SqlText sql = new();
        if (plan == ScanPlan.Skip)
        {
            AddTimes(sql, table, start, finish, descending);
        }

        sql.Add("SELECT d.time, d.series").Add(string.Concat(fields.Select(field => $", d.{field.Sql}")));
        if (plan == ScanPlan.Skip)
        {
            // CROSS JOIN keeps SQLite to this order: times outside, series inside. It is the order of the answer, too.
            sql.Add(" FROM times t CROSS JOIN json_each(").Add(IdList(series!, descending))
                .Add($") s CROSS JOIN {table} d WHERE d.time = t.time AND d.series = s.value");
            conditions.AddRowFilters(sql);
            return sql;
        }

        sql.Add($" FROM {table} d WHERE ");
        AddBounds(sql, start, finish);
        if (series?.Count == 1)
        {
            sql.Add(" AND d.series = ").Add(FieldValue.From(series[0].Id));
        }
        else if (series is not null)
        {
            sql.Add(" AND d.series IN (SELECT value FROM json_each(").Add(IdList(series, descending)).Add("))");
        }

        conditions.AddRowFilters(sql);
        string direction = descending ? " DESC" : "";
        return sql.Add($" ORDER BY d.time{direction}, d.series{direction}");
    }

    /// <summary>How many rows, at how many times, a range begins with (or ends with): at most <paramref name="sample"/> rows are looked at.</summary>
    public static SqlText Density(StoredMeasurement measurement, long start, long finish, bool descending, int sample)
    {
        SqlText sql = new();
        sql.Add($"SELECT count(*), count(DISTINCT time) FROM (SELECT d.time FROM {measurement.DataTable} d WHERE ");
        AddBounds(sql, start, finish);
        return sql.Add(descending ? " ORDER BY d.time DESC LIMIT " : " ORDER BY d.time LIMIT ").Add(FieldValue.From((long)sample)).Add(")");
    }

    /// <summary>One row by time and series.</summary>
    public static string Row(StoredMeasurement measurement, IReadOnlyList<StoredColumn> fields) =>
        $"SELECT time, series{string.Concat(fields.Select(field => ", " + field.Sql))} FROM {measurement.DataTable} WHERE time = ? AND series = ?";

    private static void AddBounds(SqlText sql, long start, long finish) =>
        sql.Add("d.time >= ").Add(FieldValue.From(start)).Add(" AND d.time < ").Add(FieldValue.From(finish));

    /// <summary>The distinct times of the range, each found by a seek from the last.</summary>
    private static void AddTimes(SqlText sql, string table, long start, long finish, bool descending)
    {
        string edge = descending ? "max" : "min";
        string onward = descending ? "d.time < t.time AND d.time >= " : "d.time > t.time AND d.time < ";
        sql.Add($"WITH RECURSIVE times(time) AS (SELECT {edge}(d.time) FROM {table} d WHERE ");
        AddBounds(sql, start, finish);
        sql.Add($" UNION ALL SELECT (SELECT {edge}(d.time) FROM {table} d WHERE {onward}")
            .Add(FieldValue.From(descending ? start : finish))
            .Add(") FROM times t WHERE t.time IS NOT NULL) ");
    }

    /// <summary>Any number of series as one parameter.</summary>
    private static FieldValue IdList(IReadOnlyList<StoredSeries> series, bool descending)
    {
        IEnumerable<long> ids = series.Select(one => one.Id);
        return FieldValue.From($"[{string.Join(',', descending ? ids.Reverse() : ids)}]");
    }
}
