using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>
/// Writes batches of points, each in its own transaction, and caches what the next batch needs: the schema, the series and
/// one prepared statement per shape. Not thread-safe.
/// </summary>
internal sealed class BatchWriter : IDisposable
{
    private const int MaxShapes = 256;
    private const int PointsBetweenChecks = 256;

    private readonly SqliteSession _session;
    private readonly string _path;
    private readonly TimeSpan _lockTimeout;
    private readonly Dictionary<PointShape, ShapeWriter> _shapes = [];
    private readonly Dictionary<StoredMeasurement, Dictionary<long, LatestTimes>> _latest = [];
    private StoredSchema? _schema;

    /// <summary>Opens the file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="lockTimeout">The maximum wait for another process's transaction.</param>
    public BatchWriter(string path, TimeSpan lockTimeout)
    {
        _path = path;
        _lockTimeout = lockTimeout;
        _session = SqliteSession.OpenWriter(path);
        try
        {
            // FULL: each commit is on disk before the write returns, so a power failure loses no acknowledged point.
            // SQLite runs a checkpoint of the write-ahead log every 16 MiB.
            _session.Execute("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096");
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>The connection, also used for pruning between two writes.</summary>
    public SqliteSession Session => _session;

    /// <summary>Writes a batch in one transaction: either all accepted points are stored, or none.</summary>
    /// <param name="points">The points.</param>
    /// <param name="oldest">Telemetry points older than this time (UTC nanoseconds) are rejected.</param>
    /// <param name="cancellationToken">Cancels the write and rolls the batch back.</param>
    public WriteResult Write(IReadOnlyList<Point> points, long oldest, CancellationToken cancellationToken)
    {
        List<RejectedPoint> rejected = [];
        int written = 0;
        InTransaction(
            () =>
            {
                foreach (Point point in InTimeOrder(points))
                {
                    if ((written & (PointsBetweenChecks - 1)) == 0)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                    }

                    if (!HasField(point))
                    {
                        continue;
                    }

                    string? refusal = TimeRefusal(point, oldest) ?? Store(point);
                    if (refusal is null)
                    {
                        written++;
                    }
                    else
                    {
                        rejected.Add(new RejectedPoint(point, refusal));
                    }
                }

                WriteLatest();
            },
            cancellationToken);
        if (written > 0)
        {
            _session.Database?.RecordWrite(points.Min(point => point.Time));
        }

        return new WriteResult(written, rejected);
    }

    /// <summary>Runs a change in a transaction. If it fails, the transaction is rolled back and the caches are cleared.</summary>
    public void InTransaction(Action change, CancellationToken cancellationToken)
    {
        WriteLock.Begin(_session, _path, _lockTimeout, cancellationToken);
        try
        {
            _session.CheckFiles();
            StoredSchema current = StoredSchema.Current(_session, _schema);
            if (!ReferenceEquals(current, _schema))
            {
                Forget();
                _schema = current;
            }

            change();
            _session.Execute("COMMIT");
        }
        catch
        {
            if (!_session.IsIdle)
            {
                _session.Execute("ROLLBACK");
            }

            Forget();
            throw;
        }
        finally
        {
            _latest.Clear();
        }
    }

    /// <summary>The current schema; valid only inside a transaction.</summary>
    public StoredSchema Schema => _schema!;

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _session.Dispose();
    }

    private static string? TimeRefusal(Point point, long oldest) =>
        point.Time == long.MaxValue ? "the time is out of range"
        : point.Time < oldest && RetentionPruner.AppliesTo(point.Shape.Measurement) ? "the point is older than the retention period"
        : null;

    private static bool HasField(Point point)
    {
        for (int i = 0; i < point.Fields.Count; i++)
        {
            if (!point.Fields[i].IsNull)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the points sorted by time (stable), since the table is in time order. A VM-by-VM back-fill, for example, arrives unsorted.</summary>
    private static IEnumerable<Point> InTimeOrder(IReadOnlyList<Point> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            if (points[i].Time < points[i - 1].Time)
            {
                return points.OrderBy(point => point.Time);
            }
        }

        return points;
    }

    private string? Store(Point point)
    {
        while (true)
        {
            ShapeWriter writer = WriterFor(point.Shape);
            if (writer.Refusal is not null)
            {
                return writer.Refusal;
            }

            if (writer.BindFields(point, out int missing) is string conflict)
            {
                return conflict;
            }

            if (missing < 0)
            {
                if (writer.FindSeries(point) is long series)
                {
                    writer.Insert(point.Time, series);
                    Note(writer.Measurement, series, point.Time);
                    return null;
                }

                // This may add a column for a tag, which needs a newly prepared statement: try again from the start.
                LearnSeries(writer, point);
                continue;
            }

            Change(() => StoredSchema.AddColumn(
                _session, writer.Measurement, point.Shape.Fields[missing], isTag: false, point.Fields[missing].Kind));
        }
    }

    private ShapeWriter WriterFor(PointShape shape)
    {
        if (_shapes.TryGetValue(shape, out ShapeWriter? writer))
        {
            return writer;
        }

        if (_shapes.Count >= MaxShapes)
        {
            DisposeShapes();
        }

        if (_schema!.Find(shape.Measurement) is null)
        {
            Change(() => StoredSchema.AddMeasurement(_session, shape.Measurement));
        }

        StoredMeasurement measurement = _schema.Find(shape.Measurement)!;
        string? refusal = ColumnNames.Refusal(shape, measurement);
        writer = new ShapeWriter(_session, measurement, shape, refusal);
        _shapes.Add(shape, writer);
        return writer;
    }

    private void LearnSeries(ShapeWriter writer, Point point)
    {
        StoredMeasurement measurement = writer.Measurement;
        string key = StoredSeries.KeyOf(point.Shape.Tags, point.Tags);
        using SqliteStatement find = _session.Prepare($"SELECT id FROM {measurement.SeriesTable} WHERE key = ?");
        find.Bind(1, key);
        long series = find.Step() ? find.Int64(0) : AddSeries(measurement, point, key);
        WriterFor(point.Shape).CacheSeries(point, series);
    }

    private long AddSeries(StoredMeasurement measurement, Point point, string key)
    {
        int[] present = Enumerable.Range(0, point.Tags.Count).Where(i => !string.IsNullOrEmpty(point.Tags[i])).ToArray();
        foreach (string tag in present.Select(i => point.Shape.Tags[i]).Where(tag => measurement.Find(tag) is null))
        {
            Change(() => StoredSchema.AddColumn(_session, _schema!.Find(measurement.Name)!, tag, isTag: true, FieldKind.String));
        }

        StoredMeasurement complete = _schema!.Find(measurement.Name)!;
        string columns = string.Concat(present.Select(i => ", " + complete.Find(point.Shape.Tags[i])!.Sql));
        string marks = string.Concat(Enumerable.Repeat(", ?", present.Length));
        using SqliteStatement insert = _session.Prepare($"INSERT INTO {complete.SeriesTable}(key{columns}) VALUES(?{marks})");
        insert.BindAll(present.Select(i => FieldValue.From(point.Tags[i])).Prepend(FieldValue.From(key)).ToArray());
        insert.Run();
        return _session.Number("SELECT last_insert_rowid()");
    }

    private void Note(StoredMeasurement measurement, long series, long time)
    {
        if (!_latest.TryGetValue(measurement, out Dictionary<long, LatestTimes>? times))
        {
            _latest.Add(measurement, times = []);
        }

        ref LatestTimes entry = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(times, series, out bool exists);
        if (exists)
        {
            entry.Add(time);
        }
        else
        {
            entry = new LatestTimes(time);
        }
    }

    private void WriteLatest()
    {
        foreach ((StoredMeasurement measurement, Dictionary<long, LatestTimes> series) in _latest)
        {
            using SqliteStatement upsert = _session.Prepare(
                $"""
                INSERT INTO {measurement.LatestTable} AS l VALUES(?1, ?2, ?3, ?4)
                ON CONFLICT(series) DO UPDATE SET
                    t1 = CASE
                        WHEN excluded.t0 > l.t0 THEN max(l.t0, coalesce(excluded.t1, l.t0))
                        WHEN excluded.t0 = l.t0 THEN max(coalesce(l.t1, excluded.t1), coalesce(excluded.t1, l.t1))
                        ELSE max(excluded.t0, coalesce(l.t1, excluded.t0)) END,
                    t0 = max(l.t0, excluded.t0),
                    oldest = min(l.oldest, excluded.oldest)
                """);
            foreach ((long id, LatestTimes times) in series)
            {
                upsert.Bind(1, id);
                upsert.Bind(2, times.Newest);
                upsert.Bind(3, FieldValue.From(times.Previous));
                upsert.Bind(4, times.Oldest);
                upsert.Run();
            }
        }
    }

    /// <summary>Changes the schema. Statements prepared for the old schema are disposed; the times recorded in this batch stay.</summary>
    private void Change(Action change)
    {
        change();
        DisposeShapes();
        _schema = StoredSchema.Current(_session, _schema);
    }

    private void Forget()
    {
        DisposeShapes();
        _schema = null;
    }

    private void DisposeShapes()
    {
        foreach (ShapeWriter writer in _shapes.Values)
        {
            writer.Dispose();
        }

        _shapes.Clear();
    }
}
