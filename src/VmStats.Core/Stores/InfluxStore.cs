using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;
using VmStats.Stores.Sliced;

namespace VmStats.Stores;

/// <summary>Telemetry kept in an InfluxDB server, of any version.</summary>
public sealed class InfluxStore : ITelemetryStore
{
    private const int Attempts = 4;
    private readonly IInfrastructure _infrastructure;
    private readonly InfluxApi _configured;
    private readonly SchemaMemory _schemas;
    private readonly RefusedFields _fields;
    private readonly RetryPause _pause = new();
    private readonly SqlReader _sql;
    private readonly RecentReader _recent;

    /// <summary>Prepares a store; nothing is sent before the first call.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="infrastructure">Tries reads again that failed for the moment, and has the client by which InfluxDB 3 is written.</param>
    /// <param name="handler">Sends the requests in place of the network. For tests.</param>
    /// <param name="clock">Says what time it is; null for the system's.</param>
    public InfluxStore(ConnectionOptions options, IInfrastructure infrastructure, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _infrastructure = infrastructure;
        Influx = new InfluxQuery(options, infrastructure, handler);
        _schemas = new SchemaMemory(
            $"{Influx.Address}\n{Influx.Database}",
            (name, token) => RetryAsync(again => new InfluxSchema(Influx).AskAsync(name, again), token),
            clock ?? TimeProvider.System,
            isSilent: () => Api != InfluxApi.V3);
        _fields = new RefusedFields(Influx.WriteAsync, _schemas, clock ?? TimeProvider.System);
        _sql = new SqlReader(Influx, AskSql, options, clock ?? TimeProvider.System);
        Latest = new LatestReader(Influx, _sql, AskSql, options, clock ?? TimeProvider.System);
        _recent = new RecentReader(AskInfluxQL, options, clock ?? TimeProvider.System);
        _configured = options.Api;
        Policies = new PolicySearch(Influx);
    }

    /// <summary>The conversation with the server, for queries in its own language.</summary>
    public InfluxQuery Influx { get; }

    /// <summary>Looks where data may be that a query didn't find.</summary>
    internal PolicySearch Policies { get; }

    /// <inheritdoc/>
    /// <remarks>Until the server was asked, a kind that is to be found out is given as InfluxDB 3.</remarks>
    public StoreInfo Info => new(KindOf(Api), Influx.Address, Influx.Database, Influx.Server?.Version, InfluxProducts.NameOf(Influx.Server?.Product ?? default));

    /// <summary>Reads the newest rows of InfluxDB 3.</summary>
    internal LatestReader Latest { get; }

    /// <summary>False until it was configured or found out which InfluxDB it is.</summary>
    internal bool IsKindKnown => Api != InfluxApi.Auto;

    /// <summary>The API that the server is spoken to by; Auto until it was configured or found out.</summary>
    internal InfluxApi Api => Influx.Server?.Api ?? _configured;

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken)
    {
        await RetryAsync(Influx.ProbeAsync, cancellationToken).ConfigureAwait(false);
        return Info;
    }

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) =>
        _schemas.GetAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MeasurementSchema?> GetSchemaToWriteAsync(string measurement, CancellationToken cancellationToken) =>
        _schemas.GetToWriteAsync(measurement, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _schemas.ReadAsync(query.Measurement, schema => ReadAsync(query, schema, cancellationToken), cancellationToken);
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
            Latest.Wrote(points);
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
    public ValueTask DisposeAsync()
    {
        Influx.Dispose();
        return default;
    }

    private static StoreKind KindOf(InfluxApi api) => api switch
    {
        InfluxApi.V1 => StoreKind.InfluxDB1,
        InfluxApi.V2 => StoreKind.InfluxDB2,
        _ => StoreKind.InfluxDB3,
    };

    private async IAsyncEnumerable<StoreRow> ReadAsync(StoreQuery query, MeasurementSchema schema, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (QueryPlan.For(query, schema) is not { } plan)
        {
            yield break;
        }

        InfluxApi api = await Influx.GetApiAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<StoreRow> rows = RecentReader.Bounds(query, api) ? _recent.ReadAsync(plan, cancellationToken)
            : api != InfluxApi.V3 ? AskInfluxQL(plan, cancellationToken)
            : query.Latest is not null ? Latest.ReadLatestAsync(plan, cancellationToken)
            : query.Distinct is not null ? Latest.ReadDistinctAsync(plan, cancellationToken)
            : _sql.ReadAsync(plan, cancellationToken);
        await foreach (StoreRow row in rows.ConfigureAwait(false))
        {
            yield return row;
        }
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

    private async IAsyncEnumerable<StoreRow> AskSql(QueryPlan plan, string? source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RenderedQuery rendered = InfluxSqlRenderer.Render(plan, source);
        RowLayout layout = new(rendered.Columns);
        int tags = rendered.Columns.TakeWhile(plan.IsTag).Count();
        await foreach (StoreRow row in StreamAsync(
            token => Influx.QuerySqlAsync(rendered.Text, rendered.Parameters, new RowBuilder(layout, tags), token),
            cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }

    private async IAsyncEnumerable<StoreRow> AskInfluxQL(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!InfluxQLRenderer.CanRender(plan))
        {
            await foreach (StoreRow row in FoldAsync(plan, cancellationToken).ConfigureAwait(false))
            {
                yield return row;
            }

            yield break;
        }

        PartialAggregates? partial = null;
        if (plan.Query.Aggregation is { Rates: not null } aggregation)
        {
            partial = new PartialAggregates(plan);
            plan = QueryPlan.For(plan.Query with { Aggregation = partial.Parts(aggregation) }, plan.Schema)!;
        }

        RenderedQuery rendered = InfluxQLRenderer.Render(plan);
        IAsyncEnumerable<StoreRow> rows = StreamAsync(
            token => Influx.QueryInfluxQLAsync(rendered.Text, rendered.Parameters, plan.InfluxQLColumns(rendered), token), cancellationToken);
        rows = partial?.MergeAsync(RowOperators.SinceAsync(rows, rendered.Since, cancellationToken), cancellationToken) ?? rows;
        bool hasTime = plan.Query.Distinct is null && (plan.Query.Aggregation is null || plan.Query.Aggregation.Interval is not null);
        if (plan.Query.Aggregation?.Interval is not null && plan.GroupBy.Count > 0)
        {
            // The server answers group after group; what is promised is in order of time.
            rows = RowOperators.SortByTimeAsync(rows, plan.Query.Descending, cancellationToken);
        }

        await foreach (StoreRow row in RowOperators.PageAsync(rows, rendered.Skip, rendered.Limit, cancellationToken).ConfigureAwait(false))
        {
            yield return hasTime ? row : row.WithoutTime();
        }
    }

    private async IAsyncEnumerable<StoreRow> FoldAsync(QueryPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoreQuery query = plan.Query;
        RowFolder folder = new(query.Aggregation!, plan.GroupBy, plan.Aggregates);
        StoreQuery raw = query with
        {
            Aggregation = null,
            Descending = false,
            Limit = null,
            Skip = 0,
            Start = query.Start - (query.Aggregation!.Rates?.LeadIn ?? 0),
            Columns = [.. plan.GroupBy, .. plan.Aggregates.Select(aggregate => aggregate.Column).OfType<string>(), .. plan.Query.Aggregation!.Rates is { } rates ? [rates.Counter] : Array.Empty<string>()],
        };
        await foreach (StoreRow row in QueryAsync(raw, cancellationToken).ConfigureAwait(false))
        {
            folder.Add(row, query.Start);
        }

        foreach (StoreRow row in folder.Rows(query.Descending).Skip(query.Skip).Take(query.Limit ?? int.MaxValue))
        {
            yield return row;
        }
    }

    // What has been given out can't be taken back: tried again is only until the first row is there.
    private async IAsyncEnumerable<StoreRow> StreamAsync(
        Func<CancellationToken, IAsyncEnumerable<StoreRow>> ask, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (IAsyncEnumerator<StoreRow> rows, bool any) = await RetryAsync(
            async token =>
            {
                IAsyncEnumerator<StoreRow> opened = ask(cancellationToken).GetAsyncEnumerator(cancellationToken);
                try
                {
                    return (opened, await opened.MoveNextAsync().ConfigureAwait(false));
                }
                catch
                {
                    await opened.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            for (; any; any = await rows.MoveNextAsync().ConfigureAwait(false))
            {
                yield return rows.Current;
            }
        }
    }

    private ValueTask<T> RetryAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) =>
        _infrastructure.RetryAsync(token => _pause.RunAsync(call, token), Attempts, cancellationToken);
}
