using System.Text.Json;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>The filters of a query, split into those on the series table (tags only) and those on the data table (at least one field).</summary>
internal sealed class Conditions
{
    private Conditions(
        StoredMeasurement measurement, bool matchesNothing, IReadOnlyList<ColumnFilter> onSeries, IReadOnlyList<ColumnFilter> onRows)
    {
        Measurement = measurement;
        MatchesNothing = matchesNothing;
        OnSeries = onSeries;
        OnRows = onRows;
    }

    public StoredMeasurement Measurement { get; }

    /// <summary>True if a filter can't match any row because its columns don't exist or it has no values.</summary>
    public bool MatchesNothing { get; }

    /// <summary>Filters on tags only.</summary>
    public IReadOnlyList<ColumnFilter> OnSeries { get; }

    /// <summary>Filters on at least one field.</summary>
    public IReadOnlyList<ColumnFilter> OnRows { get; }

    public static Conditions Of(StoredMeasurement measurement, IReadOnlyList<ColumnFilter> filters)
    {
        List<ColumnFilter> onSeries = [];
        List<ColumnFilter> onRows = [];
        bool nothing = false;
        foreach (ColumnFilter filter in filters)
        {
            StoredColumn[] columns = filter.AnyOf.Select(measurement.Find).OfType<StoredColumn>().ToArray();
            nothing |= columns.Length == 0 || filter.Values.Count == 0;
            (columns.All(column => column.IsTag) ? onSeries : onRows).Add(filter);
        }

        return new Conditions(measurement, nothing, onSeries, onRows);
    }

    /// <summary>Adds the filters on tags to a statement on the series table.</summary>
    public void AddSeriesFilters(SqlText sql)
    {
        foreach (ColumnFilter filter in OnSeries)
        {
            sql.Add(" AND (").Join(" OR ", Columns(filter), column => AddTag(sql, column, filter)).Add(")");
        }
    }

    /// <summary>Adds the filters on fields to a statement on the data table.</summary>
    public void AddRowFilters(SqlText sql)
    {
        foreach (ColumnFilter filter in OnRows)
        {
            sql.Add(" AND (").Join(" OR ", Columns(filter), column => AddColumn(sql, column, filter)).Add(")");
        }
    }

    private IEnumerable<StoredColumn> Columns(ColumnFilter filter) =>
        filter.AnyOf.Distinct(StringComparer.Ordinal).Select(Measurement.Find).OfType<StoredColumn>();

    private void AddColumn(SqlText sql, StoredColumn column, ColumnFilter filter)
    {
        if (column.IsTag)
        {
            sql.Add($"series IN (SELECT id FROM {Measurement.SeriesTable} WHERE ");
            AddTag(sql, column, filter);
            sql.Add(")");
            return;
        }

        // Only values of the column's type: SQLite would treat the text '5' as the number 5.
        IEnumerable<FieldValue> values = filter.Values.Select(value => FieldConverter.Exact(value, column.Kind)).Where(value => !value.IsNull);
        sql.Add(column.Sql).Add(" IN (").Join(", ", values, value => sql.Add(value)).Add(")");
    }

    /// <summary>Adds a filter on a tag; several values are passed as a JSON array in one parameter.</summary>
    private static void AddTag(SqlText sql, StoredColumn column, ColumnFilter filter)
    {
        string[] texts = filter.Values.Select(value => value.AsString()).OfType<string>().ToArray();
        sql.Add(column.Sql);
        if (texts.Length == 1)
        {
            sql.Add(" = ").Add(FieldValue.From(texts[0]));
        }
        else
        {
            sql.Add(" IN (SELECT value FROM json_each(").Add(FieldValue.From(JsonSerializer.Serialize(texts))).Add("))");
        }
    }
}
