using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A store in a SQLite file for a single host: one process collects while others read. Readers and the writer don't block
/// each other (write-ahead log); several writers take turns.
/// </summary>
internal sealed class EmbeddedStore : IPrunableStore
{
    private const int InitialChunkSize = 16;
    private const int MaximumChunkSize = 512;

    private readonly string _path;
    private readonly TimeSpan? _lockTimeout;
    private readonly TimeProvider _time;
    private readonly StoreWriter _writer;
    private StoredSchema? _schema;

    private EmbeddedStore(string path, TimeSpan? retention, TimeProvider time, TimeSpan? lockTimeout)
    {
        _path = path;
        _lockTimeout = lockTimeout;
        _time = time;
        _writer = new StoreWriter(path, retention, time, lockTimeout ?? WriteLock.DefaultTimeout);
        Info = new StoreInfo(StoreKind.Embedded, path, Path.GetFileName(path));
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <summary>Opens a store. Creates the folder and the file if they don't exist, readable by the owner only.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="retention">How long points are kept; null to keep them forever.</param>
    /// <param name="time">The clock for the retention period; null for the system clock.</param>
    /// <param name="lockTimeout">The maximum wait for another process that has the file locked; null for the default.</param>
    public static EmbeddedStore Open(string path, TimeSpan? retention, TimeProvider? time = null, TimeSpan? lockTimeout = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (retention <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(retention), "The retention period must be greater than zero.");
        }

        string full = Path.GetFullPath(path);
        StoreFile.Prepare(full);
        return new EmbeddedStore(full, retention, time ?? TimeProvider.System, lockTimeout);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(static _ => 0, cancellationToken).ConfigureAwait(false);
        return Info with { Version = "SQLite " + StoreReader.SqliteVersion };
    }

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) =>
        ReadAsync(schema => schema.Find(measurement) is { Fields.Count: > 0 } found ? found.ToSchema() : null, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreRow> QueryAsync(
        StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        using StoreReader reader = await BlockingWork.RunAsync(() => StoreReader.Open(_path, _lockTimeout, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (Learn(reader).Find(query.Measurement) is not StoredMeasurement measurement)
        {
            yield break;
        }

        // SQLite works on the calling thread. An open reader doesn't wait for locks, so a pool thread reads a chunk and the
        // consumer gets it row by row.
        using IEnumerator<StoreRow> rows = reader.Run(query, measurement);
        List<StoreRow> chunk = new(InitialChunkSize);
        do
        {
            chunk.Clear();
            await Task.Run(() => reader.Fill(rows, chunk), cancellationToken).ConfigureAwait(false);
            foreach (StoreRow row in chunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return row;
            }
        }
        while (Continue(ref chunk));
    }

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(points);
        return points.Count == 0 ? new(new WriteResult(0, [])) : _writer.WriteAsync(points, cancellationToken);
    }

    /// <summary>The current or most recent pruning pass for the retention period.</summary>
    public Task Pruning => _writer.Pruning;

    /// <inheritdoc/>
    public string ConnectCommand => ConnectCommandTo(_path);

    /// <summary>Returns the PowerShell command that connects a session to the store in a file.</summary>
    public static string ConnectCommandTo(string path) => $"Connect-VmStats -Path {EmbeddedStoreException.Quote(path)}";

    /// <inheritdoc/>
    public async ValueTask<PruningPlan> PlanPruningAsync(TimeSpan retention, CancellationToken cancellationToken) =>
        await BlockingWork.RunAsync(
            () =>
            {
                using StoreReader reader = StoreReader.Open(_path, _lockTimeout, cancellationToken);
                StoredSchema schema = Learn(reader);
                DateTimeOffset clock = _time.GetUtcNow();
                long? newest = reader.Read(session => RetentionPruner.Newest(session, schema));
                long oldest = RetentionClock.Subtract(Math.Min(UnixTime.ToNanoseconds(clock), newest ?? long.MaxValue), retention);
                (long points, long total) = reader.Read(session => RetentionPruner.Count(session, schema, oldest, countsAll: true));
                return new PruningPlan(
                    retention, oldest, clock, newest is long time ? UnixTime.FromNanoseconds(time) : null, points, total);
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<long> PruneAsync(PruningPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return _writer.PruneAsync(plan.OldestKept, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Close the readers first, so that the writer is the last connection: SQLite then runs a final checkpoint.
        SqliteSession.ClearPool(_path);
        await _writer.DisposeAsync().ConfigureAwait(false);
        SqliteSession.ClearPool(_path);
    }

    /// <summary>Returns true if the chunk was full, and then enlarges the next one: the first row arrives early, and large results need few chunks.</summary>
    private static bool Continue(ref List<StoreRow> chunk)
    {
        bool full = chunk.Count == chunk.Capacity;
        if (full && chunk.Capacity < MaximumChunkSize)
        {
            chunk = new List<StoreRow>(chunk.Capacity * 4);
        }

        return full;
    }

    private async ValueTask<T> ReadAsync<T>(Func<StoredSchema, T> read, CancellationToken cancellationToken) =>
        await BlockingWork.RunAsync(
            () =>
            {
                using StoreReader reader = StoreReader.Open(_path, _lockTimeout, cancellationToken);
                return read(Learn(reader));
            },
            cancellationToken).ConfigureAwait(false);

    private StoredSchema Learn(StoreReader reader)
    {
        StoredSchema schema = reader.Schema(Volatile.Read(ref _schema));
        Volatile.Write(ref _schema, schema);
        return schema;
    }
}
