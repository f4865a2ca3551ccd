using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Returns the rows of a time range in time order.</summary>
internal static class RowsQuery
{
    public static IEnumerable<StoreRow> Run(SqliteSession session, Conditions conditions, StoreQuery query)
    {
        long start = query.Start ?? long.MinValue;
        long finish = query.Finish ?? long.MaxValue;
        List<StoredSeries> series = SeriesSet.Read(session, conditions, start, finish);
        if (series.Count == 0)
        {
            yield break;
        }

        RowSource source = new(session, conditions, series, conditions.OnSeries.Count == 0, start, finish, query.Descending);
        RowReader reader = new(conditions.Measurement, query.Columns);
        SqlText sql = source.Select(reader.Fields)
            .Add(" LIMIT ").Add(FieldValue.From(query.Limit ?? -1L))
            .Add(" OFFSET ").Add(FieldValue.From((long)query.Skip));
        using SqliteStatement statement = sql.Prepare(session);
        while (statement.Step())
        {
            yield return reader.Read(statement, source.ById[statement.Int64(1)]);
        }
    }
}
