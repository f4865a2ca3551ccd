using System.Globalization;
using System.Text;
using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A series with its tags and the times that are known of it.</summary>
/// <param name="Id">Its number in the file.</param>
/// <param name="Tags">A value per tag of the measurement.</param>
/// <param name="Newest">Time of its newest point.</param>
/// <param name="Previous">Time of the point before, or null.</param>
/// <param name="Oldest">No point is older.</param>
internal sealed record StoredSeries(long Id, FieldValue[] Tags, long Newest, long? Previous, long Oldest)
{
    /// <summary>
    /// The key that the file has a series under: its present tags by name, in an order and spelling that don't depend on who
    /// wrote the point. Lengths stand before the texts, so that no character in them can forge another set.
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

/// <summary>The series that a query is about. Read first: there are few of them, and they say which rows are worth reading.</summary>
internal static class SeriesSet
{
    /// <summary>Reads the series that match the filters on tags and may have points within the bounds.</summary>
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
        Dictionary<string, FieldValue> texts = new(StringComparer.Ordinal);
        using SqliteStatement statement = sql.Add(" ORDER BY s.id").Prepare(session);
        while (statement.Step())
        {
            series.Add(new StoredSeries(
                statement.Int64(0),
                ReadTags(statement, measurement.Tags.Count, texts),
                statement.Int64(1),
                statement.IsNull(2) ? null : statement.Int64(2),
                statement.Int64(3)));
        }

        return series;
    }

    /// <summary>The same text of many series is one string.</summary>
    private static FieldValue[] ReadTags(SqliteStatement statement, int count, Dictionary<string, FieldValue> texts)
    {
        FieldValue[] tags = new FieldValue[count];
        for (int i = 0; i < count; i++)
        {
            if (statement.IsNull(4 + i))
            {
                continue;
            }

            string text = statement.Text(4 + i);
            if (!texts.TryGetValue(text, out FieldValue shared))
            {
                texts.Add(text, shared = FieldValue.From(text));
            }

            tags[i] = shared;
        }

        return tags;
    }
}
