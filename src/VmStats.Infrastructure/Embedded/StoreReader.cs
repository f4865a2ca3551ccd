using Microsoft.Data.Sqlite;
using SQLitePCL;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>One reading of the file: a connection from the pool and a transaction, so that schema, series and rows are of one moment.</summary>
internal sealed class StoreReader : IDisposable
{
    private const int Attempts = 3;

    private readonly string _path;
    private readonly SqliteSession _session;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _interruption;

    private StoreReader(string path, SqliteSession session, CancellationToken cancellationToken)
    {
        _path = path;
        _session = session;
        _cancellationToken = cancellationToken;
        _interruption = cancellationToken.UnsafeRegister(static state => ((SqliteSession)state!).Interrupt(), session);
    }

    /// <summary>Begins a reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lockTimeout">The longest wait where another process keeps even readers out; null for the usual one.</param>
    /// <param name="cancellationToken">Makes the statement that runs fail at once.</param>
    public static StoreReader Open(string path, TimeSpan? lockTimeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!StoreFile.Exists(path))
        {
            // Deleted since it was opened: made anew, as by the next write.
            StoreFile.Prepare(path);
        }

        for (int attempt = 1; ; attempt++)
        {
            long losses = OpenDatabase.CountLosses(path);
            try
            {
                return Begin(new StoreReader(path, SqliteSession.OpenReader(path, lockTimeout), cancellationToken));
            }
            catch (SqliteException) when (attempt < Attempts && OpenDatabase.HasLostSince(path, losses))
            {
                // Lost while it was opened: the next attempt makes them good.
            }
            catch (SqliteException e)
            {
                throw Translate(e, path, cancellationToken);
            }
        }
    }

    /// <summary>The schema of this moment.</summary>
    public StoredSchema Schema(StoredSchema? known) => Guard(() => StoredSchema.Current(_session, known));

    /// <summary>Reads something that is no query.</summary>
    public T Read<T>(Func<SqliteSession, T> read) => Guard(() => read(_session));

    /// <summary>The version of SQLite.</summary>
    public static string SqliteVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>The rows of a query; reading them is what does the work.</summary>
    public IEnumerator<StoreRow> Run(StoreQuery query, StoredMeasurement measurement)
    {
        Conditions conditions = Conditions.Of(measurement, query.Filters);
        IEnumerable<StoreRow> rows = query switch
        {
            _ when conditions.MatchesNothing || query.Start >= query.Finish => [],
            { Aggregation: not null } => AggregateQuery.Run(_session, conditions, query),
            { Distinct: not null } => DistinctQuery.Run(_session, conditions, query),
            { Latest: not null } => LatestQuery.Run(_session, conditions, query),
            _ => RowsQuery.Run(_session, conditions, query),
        };
        return rows.GetEnumerator();
    }

    /// <summary>Reads the next rows, at most as many as the list has room for.</summary>
    public void Fill(IEnumerator<StoreRow> rows, List<StoreRow> chunk) => Guard(() =>
    {
        while (chunk.Count < chunk.Capacity && rows.MoveNext())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            chunk.Add(rows.Current);
        }

        return chunk.Count;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        // First, so that no late interrupt meets the connection's next user.
        _interruption.Dispose();
        if (!_session.IsIdle)
        {
            _session.Execute("ROLLBACK");
        }

        _session.Dispose();
    }

    private static StoreReader Begin(StoreReader reader)
    {
        try
        {
            // The transaction is there with its first reading.
            reader._session.Execute("BEGIN; PRAGMA schema_version");
            reader._session.CheckFiles();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private T Guard<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (SqliteException e)
        {
            throw Translate(e, _path, _cancellationToken);
        }
    }

    private static Exception Translate(SqliteException e, string path, CancellationToken cancellationToken) =>
        e.SqliteErrorCode == raw.SQLITE_INTERRUPT
            ? new OperationCanceledException(e.Message, e, cancellationToken)
            : EmbeddedStoreException.From(e, path);
}
