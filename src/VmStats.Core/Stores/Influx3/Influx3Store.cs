using VmStats.Configuration;
using VmStats.Points;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Http;

namespace VmStats.Stores.Influx3;

/// <summary>Telemetry in InfluxDB 3 Core or Enterprise: read with SQL, in slices of time where a single query may not read the whole range.</summary>
internal sealed class Influx3Store : InfluxServerStore
{
    private readonly SqlReader _ranges;

    /// <summary>Creates a store; nothing is sent yet.</summary>
    public Influx3Store(InfluxQuery influx, ConnectionOptions options, ReadRetry retry, TimeProvider clock)
        : base(influx, new Influx3Schema(influx), retry, clock)
    {
        SqlStatements statements = new(influx, retry);
        _ranges = new SqlReader(influx, statements, options, clock);
        Latest = new LatestReader(influx, _ranges, statements.ReadAsync, options, clock);
    }

    /// <summary>Reads the newest rows; also gives access to the server's caches and the census of groups.</summary>
    public LatestReader Latest { get; }

    /// <inheritdoc/>
    protected override ValueTask<OpenedRows> OpenAsync(QueryPlan plan, CancellationToken cancellationToken) =>
        plan.Query.Latest is not null ? OpenedRows.OpenAsync(Latest.ReadLatestAsync(plan, cancellationToken), cancellationToken)
            : plan.Query.Distinct is not null ? OpenedRows.OpenAsync(Latest.ReadDistinctAsync(plan, cancellationToken), cancellationToken)
            : _ranges.OpenAsync(plan, cancellationToken);

    /// <inheritdoc/>
    protected override void OnWritten(IReadOnlyList<Point> points) => Latest.Wrote(points);
}
