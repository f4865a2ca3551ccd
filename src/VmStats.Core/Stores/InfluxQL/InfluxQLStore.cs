using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.InfluxQL;

/// <summary>Telemetry in InfluxDB 1.x or 2.x, or in a distributed edition of InfluxDB 3: the servers that are queried with InfluxQL.</summary>
internal sealed class InfluxQLStore : InfluxServerStore
{
    private readonly InfluxQLStatements _statements;
    private readonly TimeProvider _clock;
    private readonly long _lookBack;

    /// <summary>Creates a store; nothing is sent yet.</summary>
    public InfluxQLStore(InfluxQuery influx, ConnectionOptions options, ReadRetry retry, TimeProvider clock)
        : base(influx, new InfluxQLSchema(influx), retry, clock)
    {
        _statements = new InfluxQLStatements(influx, retry);
        _clock = clock;
        _lookBack = UnixTime.ToNanoseconds(options.LookBack);
        Policies = new PolicySearch(influx);
    }

    /// <summary>Looks in other retention policies for data that a query didn't find.</summary>
    public PolicySearch Policies { get; }

    /// <inheritdoc/>
    protected override async ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Query.Aggregation is not null)
        {
            return await OpenedRows.OpenAsync(
                InfluxQLRenderer.CanRender(plan)
                    ? InfluxQLAggregateQuery.ReadAsync(_statements, plan, cancellationToken)
                    : InfluxQLFoldQuery.ReadAsync(_statements, plan, cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }

        if (plan.Query.Latest is null && plan.Query.Distinct is null)
        {
            return await _statements.OpenAsync(plan, InfluxQLRenderer.Render(plan), cancellationToken).ConfigureAwait(false);
        }

        // The distributed editions don't have an index by series as 1.x does: a query without a start would read a table's whole history.
        bool isBounded = plan.Query.Start is null && await Influx.GetApiAsync(cancellationToken).ConfigureAwait(false) == InfluxApi.V3Distributed;
        long? from = isBounded ? (plan.Query.Finish ?? UnixTime.ToNanoseconds(_clock.GetUtcNow())) - _lookBack : null;
        return await InfluxQLGroupsQuery.OpenAsync(_statements, plan, from, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask ExplainEmptyAsync(string measurement, IQueryObserver observer, CancellationToken cancellationToken)
    {
        if (await Policies.ExplainAsync(measurement, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            observer.OnWarning(reason.ToString());
        }
    }
}
