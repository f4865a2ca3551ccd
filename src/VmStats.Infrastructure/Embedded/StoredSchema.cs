using VmStats.Points;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A snapshot of all measurements of the file. Each change of columns, and each deletion of series, increments the
/// generation number, so that every process notices that its cached schema and series are stale.
/// </summary>
internal sealed class StoredSchema
{
    private const string GenerationSql = "SELECT value FROM vmstats_meta WHERE key = 'generation'";

    private readonly Dictionary<string, StoredMeasurement> _measurements;

    private StoredSchema(long generation, Dictionary<string, StoredMeasurement> measurements)
    {
        Generation = generation;
        _measurements = measurements;
    }

    public long Generation { get; }

    public IReadOnlyCollection<StoredMeasurement> Measurements => _measurements.Values;

    /// <summary>Returns the measurement with the given name (case-sensitive), or null.</summary>
    public StoredMeasurement? Find(string name) => _measurements.GetValueOrDefault(name);

    /// <summary>Returns the schema as of the session's transaction: the cached one if it is still current.</summary>
    public static StoredSchema Current(SqliteSession session, StoredSchema? cached)
    {
        long generation = session.Number(GenerationSql);
        return cached?.Generation == generation ? cached : Load(session, generation);
    }

    /// <summary>Adds a measurement; call inside the writer's transaction.</summary>
    public static void AddMeasurement(SqliteSession session, string name)
    {
        using SqliteStatement insert = session.Prepare("INSERT INTO vmstats_measurements(name) VALUES(?)");
        insert.Bind(1, name);
        insert.Run();
        StoredMeasurement measurement = new(session.Number("SELECT last_insert_rowid()"), name, []);
        session.Execute(
            $"""
            CREATE TABLE {measurement.SeriesTable}(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
            CREATE TABLE {measurement.DataTable}(
                time INTEGER NOT NULL, series INTEGER NOT NULL, PRIMARY KEY(time, series)) WITHOUT ROWID;
            CREATE TABLE {measurement.LatestTable}(
                series INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER, oldest INTEGER NOT NULL);
            """);
        IncrementGeneration(session);
    }

    /// <summary>Adds a column; call inside the writer's transaction.</summary>
    public static void AddColumn(SqliteSession session, StoredMeasurement measurement, string name, bool isTag, FieldKind kind)
    {
        StoredColumn column = new(name, measurement.PhysicalNameFor(name, isTag), isTag, kind);
        int position = measurement.Tags.Count + measurement.Fields.Count;
        using (SqliteStatement insert = session.Prepare("INSERT INTO vmstats_columns VALUES(?, ?, ?, ?, ?, ?)"))
        {
            insert.Bind(1, measurement.Id);
            insert.Bind(2, position);
            insert.Bind(3, name);
            insert.Bind(4, column.Physical);
            insert.Bind(5, isTag ? 1 : 0);
            insert.Bind(6, (long)kind);
            insert.Run();
        }

        string table = isTag ? measurement.SeriesTable : measurement.DataTable;
        session.Execute($"ALTER TABLE {table} ADD COLUMN {column.Sql} {StoredMeasurement.SqlType(kind)}");
        if (isTag)
        {
            string index = StoredColumn.Quote($"{table} {column.Physical}");
            session.Execute($"CREATE INDEX {index} ON {table}({column.Sql}) WHERE {column.Sql} IS NOT NULL");
        }

        IncrementGeneration(session);
    }

    /// <summary>Increments the generation, which invalidates the schema and series caches of all processes.</summary>
    public static void IncrementGeneration(SqliteSession session) =>
        session.Execute("UPDATE vmstats_meta SET value = value + 1 WHERE key = 'generation'");

    private static StoredSchema Load(SqliteSession session, long generation)
    {
        Dictionary<string, StoredMeasurement> measurements = new(StringComparer.Ordinal);
        ILookup<long, StoredColumn> columns = LoadColumns(session).ToLookup(pair => pair.Measurement, pair => pair.Column);
        using SqliteStatement statement = session.Prepare("SELECT id, name FROM vmstats_measurements ORDER BY id");
        while (statement.Step())
        {
            long id = statement.Int64(0);
            string name = statement.Text(1);
            measurements.Add(name, new StoredMeasurement(id, name, columns[id].ToArray()));
        }

        return new StoredSchema(generation, measurements);
    }

    private static IEnumerable<(long Measurement, StoredColumn Column)> LoadColumns(SqliteSession session)
    {
        using SqliteStatement statement = session.Prepare(
            "SELECT measurement, name, physical, is_tag, kind FROM vmstats_columns ORDER BY measurement, position");
        while (statement.Step())
        {
            yield return (
                statement.Int64(0),
                new StoredColumn(statement.Text(1), statement.Text(2), statement.Int64(3) != 0, (FieldKind)statement.Int64(4)));
        }
    }
}
