using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Connections;

/// <summary>Checks the database and retention policy that points are written to.</summary>
internal static class WriteTarget
{
    private const string Recommendation = "Create it with Initialize-VmStatsDatabase, or check the names of the database (INFLUX_DB, -Database) and the retention policy (INFLUX_RETENTION_POLICY, -RetentionPolicy).";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    /// <summary>Throws if the database doesn't exist on InfluxDB 1.x or 2.x, where every write to it would fail.</summary>
    /// <exception cref="VmStatsException"><c>WriteTargetMissing</c>. Other errors, such as an unreachable server, are ignored.</exception>
    public static async ValueTask ThrowIfMissingAsync(ITelemetryStore store, CancellationToken cancellationToken)
    {
        if (store is not InfluxStore { Influx: { } influx })
        {
            return;
        }

        string? missing = null;
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_timeout);
        try
        {
            InfluxApi api = await influx.GetApiAsync(timeout.Token).ConfigureAwait(false);
            // InfluxDB 3 creates a database at the first write, and Cloud creates any bucket that is named in a request to /write.
            missing = api is not (InfluxApi.V1 or InfluxApi.V2) || influx.IsCloud ? null : await FindMissingAsync(influx, api, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InfluxException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The writer has a spool for such failures, and reports them.
        }

        if (missing is not null)
        {
            throw Missing(store.Info, missing);
        }
    }

    /// <summary>Returns the recommendation if a store rejected a write because its database or retention policy doesn't exist; otherwise null.</summary>
    public static string? GetRecommendation(Exception failure) =>
        failure is InfluxException { ErrorId: ErrorIds.InfluxDatabaseNotFound or ErrorIds.InfluxRetentionPolicyNotFound } or InfluxException { ServerText: "no dbrp mapping found" } ? Recommendation : null;

    // An empty write is accepted, or rejected if the database doesn't exist, even if the token only permits writes.
    private static async ValueTask<string?> FindMissingAsync(InfluxQuery influx, InfluxApi api, CancellationToken cancellationToken)
    {
        DatabaseName name = influx.Name;
        try
        {
            using ByteArrayContent nothing = new([]);
            await influx.SendAsync(HttpMethod.Post, LineProtocolWriter.PathFor(name), nothing, [], cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (GetRecommendation(e) is not null)
        {
            return api == InfluxApi.V2 ? $"The server has no bucket that '{name}' is mapped to" : $"The server has no database '{name.Database}'";
        }

        // For an empty write, 1.x doesn't check the retention policy.
        return name.Policy is null || api == InfluxApi.V2 || await HasPolicyAsync(influx, name.Policy, cancellationToken).ConfigureAwait(false)
            ? null
            : $"The database '{name.Database}' has no retention policy '{name.Policy}'";
    }

    private static async ValueTask<bool> HasPolicyAsync(InfluxQuery influx, string policy, CancellationToken cancellationToken)
    {
        await foreach (StoreRow row in influx.QueryInfluxQLAsync("SHOW RETENTION POLICIES", null, cancellationToken).ConfigureAwait(false))
        {
            if (row["name"].AsString() == policy)
            {
                return true;
            }
        }

        return false;
    }

    private static VmStatsException Missing(StoreInfo info, string problem) =>
        new(ErrorIds.WriteTargetMissing, VmStatsErrorKind.NotFound, $"{problem}, so nothing can be written to {info.Place}.", Recommendation, info.Address);
}
