using System.Globalization;
using System.Runtime.CompilerServices;
using VmStats.Configuration;

namespace VmStats.Stores.Initialization;

/// <summary>Chooses the initializer of a store.</summary>
internal static class DatabaseInitializer
{
    /// <summary>The initializer of a store; the server is asked which it is.</summary>
    public static async ValueTask<IDatabaseInitializer> ForAsync(ITelemetryStore store, ConnectionOptions options, CancellationToken cancellationToken)
    {
        if (store is not InfluxStore influx)
        {
            return new FileInitializer(store);
        }

        return await influx.Influx.GetApiAsync(cancellationToken).ConfigureAwait(false) switch
        {
            InfluxApi.V1 => new InfluxQLInitializer(influx),
            InfluxApi.V2 => throw new VmStatsException(
                "InitializationNotSupported", VmStatsErrorKind.NotSupported,
                $"InfluxDB 2.x makes no buckets through its 1.x API: {influx.Info.Address}",
                "Make the bucket and its mapping with the server's own tools (influx bucket create, influx v1 dbrp create); the rest comes with the first point.",
                influx.Info.Database),
            _ => new Influx3Initializer(influx, options),
        };
    }

    /// <summary>A duration in whole seconds, as both InfluxQL and InfluxDB 3 read it.</summary>
    public static string Seconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(duration.TotalSeconds)}s");

    /// <summary>A duration for people.</summary>
    public static string Text(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerDay == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays} d")
        : duration.ToString("c", CultureInfo.InvariantCulture);

    // An embedded store is made by being opened; its retention belongs to the connection.
    private sealed class FileInitializer(ITelemetryStore store) : IDatabaseInitializer
    {
        public async IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            StoreInfo info = await store.ProbeAsync(cancellationToken).ConfigureAwait(false);
            yield return DatabaseStep.Exists(VmStatsDatabaseItemKind.Database, info.Address, $"{info.Version}; tables come with their first points.");
            if (retention is not null)
            {
                yield return DatabaseStep.Skipped(VmStatsDatabaseItemKind.RetentionPeriod, info.Database,
                    "An embedded store keeps points as long as its connection says: Connect-VmStats -Path ... -RetentionPeriod ...");
            }
        }
    }
}
