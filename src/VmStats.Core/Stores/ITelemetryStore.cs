using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A store for telemetry and dump records. Implementations are safe for concurrent use and report every
/// failure as a <see cref="VmStatsException"/>; cancellation is an <see cref="OperationCanceledException"/>.
/// </summary>
internal interface ITelemetryStore : IAsyncDisposable
{
    /// <summary>The store's kind, address and version.</summary>
    StoreInfo Info { get; }

    /// <summary>Checks that the store answers, and returns its product and version.</summary>
    ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Returns the tags and fields of a measurement, or null if the store has no such measurement. A cached schema is used for at most a minute.</summary>
    ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken);

    /// <summary>Returns the tags and fields of a measurement for a write to it; null also if the permissions don't allow reading them.</summary>
    ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        GetSchemaAsync(measurement, cancellationToken);

    /// <summary>
    /// Returns rows as they arrive, in time order unless the query specifies another. A measurement that doesn't exist returns no
    /// rows. Columns that the measurement doesn't have are absent in the rows; they are not an error.
    /// </summary>
    IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Writes points. Returns once they are as durable as the store makes them. Points that the store rejects individually
    /// (type conflict, too old) are listed in the result; the other points are still written.
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

/// <summary>A store's kind, address and version.</summary>
/// <param name="Kind">The kind of store.</param>
/// <param name="Address">URL without user info and query, or the file's full path.</param>
/// <param name="Database">The database; for a file its name.</param>
/// <param name="Version">The server's version, once probed; null if the server doesn't report it.</param>
/// <param name="Product">The server's product in words, once probed; null if the server doesn't report it.</param>
internal sealed record StoreInfo(StoreKind Kind, string Address, string Database, string? Version = null, string? Product = null)
{
    /// <summary>The location to show to users: address and database; for a file its path.</summary>
    internal string Place => Kind == StoreKind.Embedded ? Address : $"{Address} ({Database})";
}

/// <summary>The result of writing a batch of points.</summary>
/// <param name="Written">Points that are stored.</param>
/// <param name="Rejected">Points that the store rejected, with its reason.</param>
internal sealed record WriteResult(int Written, IReadOnlyList<RejectedPoint> Rejected)
{
    /// <summary>A warning although the points are stored (old points that can't be deleted, fields that a table doesn't accept); null if there is none.</summary>
    public string? Warning { get; init; }

    /// <summary>The number of fields of written points that were left out because their table doesn't accept them.</summary>
    public int FieldsLeftOut { get; init; }

    /// <summary>Returns the result with the caller's points among the rejected ones, instead of the converted points that were sent.</summary>
    /// <param name="originals">The caller's points by the points that replaced them; null if none was replaced.</param>
    public WriteResult OfOriginals(IReadOnlyDictionary<Point, Point>? originals) => originals is null || Rejected.Count == 0
        ? this
        : this with { Rejected = [.. Rejected.Select(one => one with { Point = originals.GetValueOrDefault(one.Point, one.Point) })] };
}

/// <summary>A point that a store rejected.</summary>
/// <param name="Point">The point.</param>
/// <param name="Reason">The reason, as worded by the store.</param>
internal sealed record RejectedPoint(Point Point, string Reason);
