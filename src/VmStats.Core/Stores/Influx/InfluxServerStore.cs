using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx;

/// <summary>
/// What the stores of all InfluxDB versions have in common: queries are made of the columns that a measurement is known to
/// have, and of others when the server contradicts them; writes leave out what a table doesn't take.
/// </summary>
internal abstract class InfluxServerStore : ITelemetryStore
{
    private readonly ReadRetry _retry;
    private readonly SchemaMemory _schemas;
    private readonly RefusedFields _fields;

    /// <summary>Prepares a store; nothing is sent.</summary>
    /// <param name="influx">The conversation with the server; the caller's to dispose of.</param>
    /// <param name="schemas">Asks for columns.</param>
    /// <param name="retry">Tries reads again.</param>
    /// <param name="clock">Says what time it is.</param>
    protected InfluxServerStore(InfluxQuery influx, ISchemaReader schemas, ReadRetry retry, TimeProvider clock)
    {
        Influx = influx;
        _retry = retry;
        _schemas = new SchemaMemory($"{influx.Address}\n{influx.Database}", schemas, retry, clock);
        _fields = new RefusedFields(influx.WriteAsync, _schemas, clock);
    }

    /// <inheritdoc/>
    /// <remarks>Until the server was asked, a kind that is to be found out is given as InfluxDB 3.</remarks>
    public StoreInfo Info => new(KindOf(Influx.Api), Influx.Address, Influx.Database, Influx.Server?.Version, InfluxProducts.NameOf(Influx.Server?.Product ?? default));

    /// <summary>The conversation with the server.</summary>
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
            return result with { Rejected = fitter.Originals(result.Rejected) };
        }
        finally
        {
            // Also of a write that failed: a part of it may be written.
            foreach (string measurement in fitter.MeasurementsWithNewColumns)
            {
                _schemas.Added(measurement);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>Asks the server for what is planned, and waits for the first row.</summary>
    protected abstract ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken);

    /// <summary>Reports to the query's observer why there are no rows, if that is known.</summary>
    protected virtual ValueTask ExplainEmptyAsync(string measurement, IQueryObserver observer, CancellationToken cancellationToken) => default;

    /// <summary>Called after points were written.</summary>
    protected virtual void OnWritten(IReadOnlyList<Point> points)
    {
    }

    private static StoreKind KindOf(InfluxApi api) => api switch
    {
        InfluxApi.V1 => StoreKind.InfluxDB1,
        InfluxApi.V2 => StoreKind.InfluxDB2,
        _ => StoreKind.InfluxDB3,
    };

    // Where the server contradicts what was remembered of the columns, or finds nothing by it, they are asked for again; when
    // they are others, the query is made of them once more. InfluxDB 1.x and 2.x contradict nothing: there a first row that
    // lacks some of the columns is reason enough to ask.
    private async ValueTask<OpenedRows> OpenAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        MeasurementSchema? remembered = _schemas.Find(query.Measurement);
        MeasurementSchema? schema = remembered ?? await _schemas.RenewAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
        for (bool isFirst = true; schema is not null; isFirst = false)
        {
            OpenedRows rows = OpenedRows.None;
            InfluxException? contradiction = null;
            try
            {
                rows = QueryPlan.For(query, schema) is { } plan ? await OpenAsync(plan, cancellationToken).ConfigureAwait(false) : rows;
            }
            catch (InfluxException e) when (isFirst && SchemaMemory.IsContradiction(e))
            {
                contradiction = e;
            }

            if (!isFirst || (contradiction is null && (remembered is null || (rows.Any && !_schemas.IsDoubtful(schema, rows.Rows.Current)))))
            {
                return rows;
            }

            bool isSame = false;
            try
            {
                MeasurementSchema? renewed = await _schemas.RenewAsync(query.Measurement, cancellationToken).ConfigureAwait(false);
                isSame = ReferenceEquals(renewed, schema);
                schema = renewed;
            }
            finally
            {
                if (!isSame)
                {
                    await rows.DisposeAsync().ConfigureAwait(false);
                }
            }

            if (isSame && contradiction is not null)
            {
                ExceptionDispatchInfo.Throw(contradiction);
            }

            if (isSame)
            {
                return rows;
            }
        }

        return OpenedRows.None;
    }

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
