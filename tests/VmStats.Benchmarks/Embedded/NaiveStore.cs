using Microsoft.Data.Sqlite;
using VmStats.Points;

namespace VmStats.Benchmarks.Embedded;

/// <summary>The peer: what one writes first — one wide table by VM and time, through Microsoft.Data.Sqlite's commands and parameters.</summary>
internal sealed class NaiveStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;

    public NaiveStore(string path)
    {
        _connection = new SqliteConnection($"Data Source={path};Pooling=False");
        _connection.Open();
        string fields = string.Concat(Fleet.Shape.Fields.Select(field => $", {field} INTEGER"));
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
        Execute($"CREATE TABLE vm_totals(uuid TEXT, time INTEGER, VMID TEXT, name TEXT{fields}, PRIMARY KEY(uuid, time)) WITHOUT ROWID");
        _insert = _connection.CreateCommand();
        int count = 4 + Fleet.Shape.Fields.Count;
        _insert.CommandText = $"INSERT INTO vm_totals VALUES({string.Join(", ", Enumerable.Range(0, count).Select(i => $"$p{i}"))})";
        for (int i = 0; i < count; i++)
        {
            _insert.Parameters.Add(new SqliteParameter { ParameterName = $"$p{i}" });
        }
    }

    public void Write(Point[] points)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        _insert.Transaction = transaction;
        foreach (Point point in points)
        {
            _insert.Parameters[0].Value = point.Tags[2];
            _insert.Parameters[1].Value = point.Time;
            _insert.Parameters[2].Value = point.Tags[0];
            _insert.Parameters[3].Value = point.Tags[1];
            for (int i = 0; i < point.Fields.Count; i++)
            {
                _insert.Parameters[4 + i].Value = point.Fields[i].ToObject();
            }

            _insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
