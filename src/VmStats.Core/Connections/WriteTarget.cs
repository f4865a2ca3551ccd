using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Connections;

/// <summary>What is to be known of the place that points are written to.</summary>
internal static class WriteTarget
{
    private const string WayOut = "Initialize-VmStatsDatabase makes it; or check the name (INFLUX_DB, -Database), and the retention policy's (INFLUX_RETENTION_POLICY, -RetentionPolicy).";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Refuses to begin what would never be taken: on InfluxDB 1.x and 2.x a write to a database that isn't there fails each time.</summary>
    /// <exception cref="VmStatsException"><c>WriteTargetMissing</c>. A server that can't be reached, or says something else, is no reason.</exception>
    public static async ValueTask RequireAsync(ITelemetryStore store, CancellationToken cancellationToken)
    {
        if (store is not InfluxStore { Influx: { } influx })
        {
            return;
        }

        string? missing = null;
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            InfluxApi api = await influx.GetApiAsync(patience.Token).ConfigureAwait(false);
            // InfluxDB 3 makes a database with the first write, and Cloud a bucket of whatever name /write is asked for.
            missing = api is not (InfluxApi.V1 or InfluxApi.V2) || influx.IsCloud ? null : await FindMissingAsync(influx, api, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InfluxException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Whoever writes has a spool for it, and says what is wrong.
        }

        if (missing is not null)
        {
            throw Missing(store.Info, missing);
        }
    }

    /// <summary>The way out, where a store refused a write for want of its database; else null.</summary>
    public static string? WayOutOf(Exception failure) =>
        failure is InfluxException { ErrorId: ErrorIds.InfluxDatabaseNotFound or ErrorIds.InfluxRetentionPolicyNotFound } or InfluxException { ServerText: "no dbrp mapping found" } ? WayOut : null;

    // An empty write is taken, or refused for want of its database, by a token that may only write, too.
    private static async ValueTask<string?> FindMissingAsync(InfluxQuery influx, InfluxApi api, CancellationToken cancellationToken)
    {
        DatabaseName name = influx.Name;
        try
        {
            using ByteArrayContent nothing = new([]);
            await influx.SendAsync(HttpMethod.Post, LineProtocolWriter.PathFor(name), nothing, [], cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (WayOutOf(e) is not null)
        {
            return api == InfluxApi.V2 ? $"The server has no bucket that '{name}' is mapped to" : $"The server has no database '{name.Database}'";
        }

        // An empty write doesn't make 1.x look for its policy.
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

    private static VmStatsException Missing(StoreInfo info, string what) =>
        new(ErrorIds.WriteTargetMissing, VmStatsErrorKind.NotFound, $"{what}: nothing could be written to {info.Place}.", WayOut, info.Address);
}
