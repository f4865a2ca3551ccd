using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx;

/// <summary>
/// The base class of the stores for all InfluxDB versions. Queries are made with the remembered columns of a measurement, and
/// with its current ones if the server contradicts those; writes leave out what a table doesn't accept.
/// </summary>
internal abstract class InfluxServerStore : ITelemetryStore
{
    private readonly ReadRetry _retry;
    private readonly SchemaCache _schemas;
    private readonly RefusedFields _fields;

    /// <summary>Creates a store; nothing is sent yet.</summary>
    /// <param name="influx">The client of the server; disposed by the caller.</param>
    /// <param name="schemas">Reads the columns of measurements.</param>
    /// <param name="retry">Retries reads.</param>
    /// <param name="clock">The clock by which remembered columns and refused fields age.</param>
    protected InfluxServerStore(InfluxQuery influx, ISchemaReader schemas, ReadRetry retry, TimeProvider clock)
    {
        Influx = influx;
        _retry = retry;
        _schemas = new SchemaCache($"{influx.Address}\n{influx.Database}", schemas, retry, clock);
        _fields = new RefusedFields(influx.WriteAsync, _schemas, clock);
    }

    /// <inheritdoc/>
    /// <remarks>Until the server has been asked, a kind that isn't configured is reported as InfluxDB 3.</remarks>
    public StoreInfo Info => new(KindOf(Influx.Api), Influx.Address, Influx.Database, Influx.Server?.Version, InfluxProducts.NameOf(Influx.Server?.Product ?? default));

    /// <summary>The client of the server.</summary>
    protected InfluxQuery Influx { get; }

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken)
    {
        await _retry.RunAsync(Influx.ProbeAsync, cancellationToken).ConfigureAwait(false);
        return Info;
    }

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) =>
        _schemas.GetAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        _schemas.GetToWriteAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        OpenedRows opened = await OpenAsync(query, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            for (bool any = opened.Any; any; any = await opened.Rows.MoveNextAsync().ConfigureAwait(false))
            {
                yield return opened.Rows.Current;
            }
        }

        if (!opened.Any && query.Observer is not null)
        {
            await ExplainEmptyAsync(query.Measurement, query.Observer, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(points);
        IReadOnlyDictionary<string, MeasurementSchema> schemas = await SchemasAsync(points, cancellationToken).ConfigureAwait(false);
        PointFitter fitter = new(schemas);
        try
        {
            WriteResult result = await _fields.WriteAsync(fitter.Fit(points), cancellationToken).ConfigureAwait(false);
            OnWritten(points);
            return result.OfOriginals(fitter.Originals);
        }
        finally
        {
            // Also after a failed write: part of it may have been written.
            foreach (string measurement in fitter.MeasurementsWithNewColumns)
            {
                _schemas.Added(measurement);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>Runs a planned query and waits for its first row.</summary>
    protected abstract ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken);

    /// <summary>Reports to the observer of a query why it returned no rows, if that can be determined.</summary>
    protected virtual ValueTask ExplainEmptyAsync(string measurement, IQueryObserver observer, CancellationToken cancellationToken) => default;

    /// <summary>Called with points that were written.</summary>
    protected virtual void OnWritten(IReadOnlyList<Point> points)
    {
    }

    private static StoreKind KindOf(InfluxApi api) => api switch
    {
        InfluxApi.V1 => StoreKind.InfluxDB1,
        InfluxApi.V2 => StoreKind.InfluxDB2,
        _ => StoreKind.InfluxDB3,
    };

    // If the server contradicts the remembered columns, or finds nothing with them, they are requested again; if they have
    // changed, the query is made with the new ones, once. InfluxDB 1.x and 2.x don't report unknown columns: for them, a first
    // row that lacks some of the columns is enough reason to ask.
    private async ValueTask<OpenedRows> OpenAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        MeasurementSchema? remembered = _schemas.Find(query.Measurement);
        MeasurementSchema? schema = remembered ?? await _schemas.RenewAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        if (schema is null)
        {
            return OpenedRows.None;
        }

        OpenedRows rows = OpenedRows.None;
        ExceptionDispatchInfo? contradiction = null;
        try
        {
            rows = await OpenAsync(query, schema, cancellationToken).ConfigureAwait(false);
            if (remembered is null || (rows.Any && !_schemas.IsDoubtful(schema, rows.Rows.Current)))
            {
                return rows;
            }
        }
        catch (InfluxException e) when (SchemaCache.IsContradiction(e))
        {
            contradiction = ExceptionDispatchInfo.Capture(e);
        }

        MeasurementSchema? renewed = null;
        try
        {
            renewed = await _schemas.RenewAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!ReferenceEquals(renewed, schema))
            {
                await rows.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (ReferenceEquals(renewed, schema))
        {
            contradiction?.Throw();
            return rows;
        }

        return renewed is null ? OpenedRows.None : await OpenAsync(query, renewed, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<OpenedRows> OpenAsync(StoreQuery query, MeasurementSchema schema, CancellationToken cancellationToken) =>
        QueryPlan.For(query, schema) is { } plan ? OpenAsync(plan, cancellationToken) : new(OpenedRows.None);

    private async ValueTask<IReadOnlyDictionary<string, MeasurementSchema>> SchemasAsync(
        IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        Dictionary<string, MeasurementSchema> schemas = new(StringComparer.Ordinal);
        foreach (string measurement in points.Select(point => point.Shape.Measurement).Distinct(StringComparer.Ordinal))
        {
            if (await _schemas.GetToWriteAsync(measurement, cancellationToken).ConfigureAwait(false) is { } schema)
            {
                schemas.Add(measurement, schema);
            }
        }

        return schemas;
    }
}
