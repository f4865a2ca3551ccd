using System.Runtime.CompilerServices;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// A store in a SQLite file, for one host: one process collects while others read. Readers never wait for the writer
/// nor the writer for them (write-ahead log); several writers take turns.
/// </summary>
internal sealed class EmbeddedStore : IPrunableStore
{
    private const int FirstChunk = 16;
    private const int LargestChunk = 512;

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

    /// <summary>Opens a store; makes folder and file where they are missing, readable by the owner only.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="retention">How long points are kept; null for ever.</param>
    /// <param name="time">The clock that retention goes by; null for the system's.</param>
    /// <param name="lockTimeout">The longest wait for another process that holds the file; null for the usual one.</param>
    public static EmbeddedStore Open(string path, TimeSpan? retention, TimeProvider? time = null, TimeSpan? lockTimeout = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (retention <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(retention), "A retention period is longer than zero.");
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

        // SQLite works on the calling thread, and what has been opened waits for nobody: a pool thread reads a chunk, the consumer gets it row by row.
        using IEnumerator<StoreRow> rows = reader.Run(query, measurement);
        List<StoreRow> chunk = new(FirstChunk);
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

    /// <summary>The pass of the retention period that is under way, or the last one.</summary>
    public Task Pruning => _writer.Pruning;

    /// <inheritdoc/>
    public string ConnectCommand => ConnectCommandTo(_path);

    /// <summary>The command that connects a session to the store in a file.</summary>
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
                long oldest = RetentionClock.Back(Math.Min(UnixTime.ToNanoseconds(clock), newest ?? long.MaxValue), retention);
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
        // First, so that the writer is the last to close, and carries the log over to the file.
        SqliteSession.ClearPool(_path);
        await _writer.DisposeAsync().ConfigureAwait(false);
        SqliteSession.ClearPool(_path);
    }

    /// <summary>A full chunk is followed by another, larger one: the first row comes soon, the many come cheap.</summary>
    private static bool Continue(ref List<StoreRow> chunk)
    {
        bool full = chunk.Count == chunk.Capacity;
        if (full && chunk.Capacity < LargestChunk)
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
