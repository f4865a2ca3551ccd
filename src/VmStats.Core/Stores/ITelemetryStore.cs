using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A place where telemetry and dump records are kept. Implementations are safe for concurrent use and report every
/// failure as a <see cref="VmStatsException"/>; cancellation is an <see cref="OperationCanceledException"/>.
/// </summary>
internal interface ITelemetryStore : IAsyncDisposable
{
    /// <summary>What the store is and where.</summary>
    StoreInfo Info { get; }

    /// <summary>Proves that the store answers, and learns what it is (product, version).</summary>
    ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>The tags and fields of a measurement, or null when the store has no such measurement. What is remembered of them ages within a minute.</summary>
    ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken);

    /// <summary>The tags and fields of a measurement for who writes to it; null also where the rights don't allow to know them.</summary>
    ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        GetSchemaAsync(measurement, cancellationToken);

    /// <summary>
    /// Rows as they arrive, in time order unless the query says otherwise. A measurement that doesn't exist gives no
    /// rows. Columns that the measurement lacks are absent in the rows, never an error.
    /// </summary>
    IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Writes points. Returns when they are as durable as the store makes them. Points that the store refuses one by
    /// one (type conflict, too old) are counted in the result and don't stop the others.
    /// </summary>
    ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken);
}

/// <summary>The kinds of store.</summary>
public enum StoreKind
{
    /// <summary>A SQLite file on this host.</summary>
    Embedded,

    /// <summary>InfluxDB 3: Core and Enterprise by SQL, Clustered, Cloud Dedicated and Cloud Serverless by InfluxQL.</summary>
    InfluxDB3,

    /// <summary>InfluxDB 2.x through its 1.x API, by InfluxQL.</summary>
    InfluxDB2,

    /// <summary>InfluxDB 1.x, by InfluxQL.</summary>
    InfluxDB1,
}

/// <summary>What a store is and where.</summary>
/// <param name="Kind">The kind of store.</param>
/// <param name="Address">URL without user info and query, or the file's full path.</param>
/// <param name="Database">The database; for a file its name.</param>
/// <param name="Version">The server's version, once probed; null if the server doesn't report it.</param>
/// <param name="Product">The server's product in words, once probed; null if the server doesn't report it.</param>
internal sealed record StoreInfo(StoreKind Kind, string Address, string Database, string? Version = null, string? Product = null)
{
    /// <summary>The place in words: address and database; for a file its path.</summary>
    internal string Place => Kind == StoreKind.Embedded ? Address : $"{Address} ({Database})";
}

/// <summary>The result of writing a batch of points.</summary>
/// <param name="Written">Points that are stored.</param>
/// <param name="Rejected">Points that the store refused, with its reason.</param>
internal sealed record WriteResult(int Written, IReadOnlyList<RejectedPoint> Rejected)
{
    /// <summary>What is to be told though the points are stored (old points that can't be deleted, fields that a table doesn't take); null when all is well.</summary>
    public string? Warning { get; init; }

    /// <summary>Fields of written points that were left out because their table doesn't take them.</summary>
    public int FieldsLeftOut { get; init; }
}

/// <summary>A point that a store refused.</summary>
/// <param name="Point">The point.</param>
/// <param name="Reason">The reason, as worded by the store.</param>
internal sealed record RejectedPoint(Point Point, string Reason);
