using Microsoft.Data.Sqlite;

namespace VmStats.Benchmarks.Embedded;

/// <summary>The peer for reading: the obvious SQL on the very same file, through Microsoft.Data.Sqlite, every value boxed as a generic mapper would.</summary>
internal sealed class SqlPeer(string path) : IDisposable
{
    private readonly SqliteConnection _connection = Open(path);

    /// <summary>The newest row of each VM by max(time) GROUP BY.</summary>
    public long Latest() => Read(
        "SELECT d.* FROM (SELECT series, max(time) AS time FROM data_1 GROUP BY series) l JOIN data_1 d ON d.time = l.time AND d.series = l.series");

    /// <summary>The rows of one VM in a range.</summary>
    public long Range(int vm, long start) => Read(
        "SELECT d.* FROM data_1 d JOIN series_1 s ON s.id = d.series WHERE s.uuid = $uuid AND d.time >= $start ORDER BY d.time",
        ("$uuid", Fleet.Uuid(vm)),
        ("$start", start));

    /// <summary>One-minute averages, minima and maxima per VM by GROUP BY.</summary>
    public long Rollup(long start) => Read(
        """
        SELECT d.time / 60000000000 * 60000000000 AS bucket, s.uuid, avg(d.field00), min(d.field01), max(d.field02)
        FROM data_1 d JOIN series_1 s ON s.id = d.series WHERE d.time >= $start GROUP BY bucket, s.uuid ORDER BY bucket
        """,
        ("$start", start));

    public void Dispose() => _connection.Dispose();

    private static SqliteConnection Open(string path)
    {
        SqliteConnection connection = new($"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }

    private long Read(string sql, params (string Name, object Value)[] parameters)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        using SqliteDataReader reader = command.ExecuteReader();
        object[] values = new object[reader.FieldCount];
        long rows = 0;
        while (reader.Read())
        {
            reader.GetValues(values);
            rows++;
        }

        return rows;
    }
}
