using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A series with its tags and the times stored for it.</summary>
/// <param name="Id">Its id in the file.</param>
/// <param name="Tags">One value for each tag of the measurement.</param>
/// <param name="Newest">Time of its newest point.</param>
/// <param name="Previous">Time of its second newest point, or null.</param>
/// <param name="Oldest">A lower bound of its times: no point is older.</param>
internal sealed record StoredSeries(long Id, FieldValue[] Tags, long Newest, long? Previous, long Oldest)
{
    /// <summary>
    /// Returns the unique key of a series in the file: its non-empty tags sorted by name, so the key doesn't depend on the tag
    /// order of the point. Each name and value is prefixed with its length, so different tag sets can't produce the same key.
    /// </summary>
    public static string KeyOf(IReadOnlyList<string> names, IReadOnlyList<string?> values)
    {
        int[] present = Enumerable.Range(0, names.Count).Where(i => !string.IsNullOrEmpty(values[i])).ToArray();
        Array.Sort(present, (a, b) => string.CompareOrdinal(names[a], names[b]));
        StringBuilder key = new();
        foreach (int i in present)
        {
            key.Append(CultureInfo.InvariantCulture, $"{names[i].Length}:{names[i]}{values[i]!.Length}:{values[i]}");
        }

        return key.ToString();
    }
}

/// <summary>Finds the series of a query. They are read first, because there are few of them and they limit which rows must be read.</summary>
internal static class SeriesSet
{
    /// <summary>Reads the series that match the tag filters and may have points in the time range.</summary>
    public static List<StoredSeries> Read(SqliteSession session, Conditions conditions, long start, long finish)
    {
        StoredMeasurement measurement = conditions.Measurement;
        SqlText sql = new SqlText()
            .Add("SELECT l.series, l.t0, l.t1, l.oldest")
            .Add(string.Concat(measurement.Tags.Select(tag => $", s.{tag.Sql}")))
            .Add($" FROM {measurement.SeriesTable} s JOIN {measurement.LatestTable} l ON l.series = s.id WHERE l.t0 >= ")
            .Add(FieldValue.From(start))
            .Add(" AND l.oldest < ")
            .Add(FieldValue.From(finish));
        conditions.AddSeriesFilters(sql);
        List<StoredSeries> series = [];
        Dictionary<string, FieldValue> stringCache = new(StringComparer.Ordinal);
        using SqliteStatement statement = sql.Add(" ORDER BY s.id").Prepare(session);
        while (statement.Step())
        {
            series.Add(new StoredSeries(
                statement.Int64(0),
                ReadTags(statement, measurement.Tags.Count, stringCache),
                statement.Int64(1),
                statement.IsNull(2) ? null : statement.Int64(2),
                statement.Int64(3)));
        }

        return series;
    }

    /// <summary>Reads the tag values of a series; equal values of different series share one string.</summary>
    private static FieldValue[] ReadTags(SqliteStatement statement, int count, Dictionary<string, FieldValue> stringCache)
    {
        FieldValue[] tags = new FieldValue[count];
        for (int i = 0; i < count; i++)
        {
            if (statement.IsNull(4 + i))
            {
                continue;
            }

            string text = statement.Text(4 + i);
            if (!stringCache.TryGetValue(text, out FieldValue shared))
            {
                stringCache.Add(text, shared = FieldValue.From(text));
            }

            tags[i] = shared;
        }

        return tags;
    }
}
