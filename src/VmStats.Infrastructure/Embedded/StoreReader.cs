using Microsoft.Data.Sqlite;
using SQLitePCL;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>A read transaction on a pooled connection, so that schema, series and rows come from the same snapshot.</summary>
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

    /// <summary>Opens a connection and begins a read transaction.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lockTimeout">The maximum wait if another process locks out even readers; null for the default.</param>
    /// <param name="cancellationToken">Interrupts the running statement.</param>
    public static StoreReader Open(string path, TimeSpan? lockTimeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!StoreFile.Exists(path))
        {
            // Deleted since the store was opened: create it again, as the next write would do.
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
                // The log or index was lost while the connection was opened: the next attempt recovers it.
            }
            catch (SqliteException e)
            {
                throw Translate(e, path, cancellationToken);
            }
        }
    }

    /// <summary>Returns the schema as of this snapshot.</summary>
    public StoredSchema Schema(StoredSchema? known) => Guard(() => StoredSchema.Current(_session, known));

    /// <summary>Runs a read other than a store query.</summary>
    public T Read<T>(Func<SqliteSession, T> read) => Guard(() => read(_session));

    /// <summary>The version of SQLite.</summary>
    public static string SqliteVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>Returns the rows of a query; they are read lazily.</summary>
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

    /// <summary>Reads the next rows, up to the capacity of the list.</summary>
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
        // Unregister first, so that a late cancellation can't interrupt the next user of the pooled connection.
        _interruption.Dispose();
        _session.EndRead();
        _session.Dispose();
    }

    private static StoreReader Begin(StoreReader reader)
    {
        try
        {
            reader._session.BeginRead();
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
