using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>How the rows of some series are found in the data table, which is in time order.</summary>
internal enum ScanPlan
{
    /// <summary>Scans all rows of the range and filters out those of other series.</summary>
    Range,

    /// <summary>Skip scan: seeks each distinct time, and each series at that time. For few of many series that are sampled at the same times.</summary>
    Skip,
}

/// <summary>Generates the SQLite SQL of a query, with quoted identifiers and with values as parameters.</summary>
internal static class SqliteRenderer
{
    /// <summary>Selects the rows of some series, ordered by time and series.</summary>
    /// <param name="conditions">The measurement and the filters on fields.</param>
    /// <param name="fields">Fields to select after time and series.</param>
    /// <param name="series">The series; null for all.</param>
    /// <param name="start">Start of the range (inclusive).</param>
    /// <param name="finish">End of the range (exclusive).</param>
    /// <param name="descending">True to return the newest rows first.</param>
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
            // CROSS JOIN forces SQLite's join order: times in the outer loop, series in the inner loop. This is also the result order.
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

    /// <summary>Counts the rows and distinct times among the first (or last) <paramref name="sample"/> rows of a range.</summary>
    public static SqlText Density(StoredMeasurement measurement, long start, long finish, bool descending, int sample)
    {
        SqlText sql = new();
        sql.Add($"SELECT count(*), count(DISTINCT time) FROM (SELECT d.time FROM {measurement.DataTable} d WHERE ");
        AddBounds(sql, start, finish);
        return sql.Add(descending ? " ORDER BY d.time DESC LIMIT " : " ORDER BY d.time LIMIT ").Add(FieldValue.From((long)sample)).Add(")");
    }

    /// <summary>Selects one row by time and series.</summary>
    public static string Row(StoredMeasurement measurement, IReadOnlyList<StoredColumn> fields) =>
        $"SELECT time, series{string.Concat(fields.Select(field => ", " + field.Sql))} FROM {measurement.DataTable} WHERE time = ? AND series = ?";

    private static void AddBounds(SqlText sql, long start, long finish) =>
        sql.Add("d.time >= ").Add(FieldValue.From(start)).Add(" AND d.time < ").Add(FieldValue.From(finish));

    /// <summary>Adds a recursive query for the distinct times of the range, which seeks each time from the previous one.</summary>
    private static void AddTimes(SqlText sql, string table, long start, long finish, bool descending)
    {
        string function = descending ? "max" : "min";
        string next = descending ? "d.time < t.time AND d.time >= " : "d.time > t.time AND d.time < ";
        sql.Add($"WITH RECURSIVE times(time) AS (SELECT {function}(d.time) FROM {table} d WHERE ");
        AddBounds(sql, start, finish);
        sql.Add($" UNION ALL SELECT (SELECT {function}(d.time) FROM {table} d WHERE {next}")
            .Add(FieldValue.From(descending ? start : finish))
            .Add(") FROM times t WHERE t.time IS NOT NULL) ");
    }

    /// <summary>Returns the series ids as one parameter, a JSON array.</summary>
    private static FieldValue IdList(IReadOnlyList<StoredSeries> series, bool descending)
    {
        IEnumerable<long> ids = series.Select(one => one.Id);
        return FieldValue.From($"[{string.Join(',', descending ? ids.Reverse() : ids)}]");
    }
}
