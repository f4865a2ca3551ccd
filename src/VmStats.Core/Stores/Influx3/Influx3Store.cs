using VmStats.Configuration;
using VmStats.Data;
using VmStats.Influx;
using VmStats.Queries;

namespace VmStats.Stores.Influx3;

/// <summary>Telemetry kept in InfluxDB 3 Core or Enterprise: read by SQL, in slices of time where one query may not read it all.</summary>
internal sealed class Influx3Store : InfluxServerStore
{
    private readonly SqlReader _ranges;

    /// <summary>Prepares a store; nothing is sent.</summary>
    public Influx3Store(InfluxQuery influx, ConnectionOptions options, ReadRetry retry, TimeProvider clock)
        : base(influx, new Influx3Schema(influx), retry, clock)
    {
        SqlStatements statements = new(influx, retry);
        _ranges = new SqlReader(influx, statements, options, clock);
        Latest = new LatestReader(influx, _ranges, statements.ReadAsync, options, clock);
    }

    /// <summary>Reads the newest rows, and has what the caches have.</summary>
    public LatestReader Latest { get; }

    /// <inheritdoc/>
    protected override ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken) =>
        plan.Query.Latest is not null ? OpenedRows.OpenAsync(Latest.ReadLatestAsync(plan, cancellationToken), cancellationToken)
            : plan.Query.Distinct is not null ? OpenedRows.OpenAsync(Latest.ReadDistinctAsync(plan, cancellationToken), cancellationToken)
            : _ranges.OpenAsync(plan, cancellationToken);

    /// <inheritdoc/>
    protected override void OnWritten(IReadOnlyList<Point> points) => Latest.Wrote(points);
}
