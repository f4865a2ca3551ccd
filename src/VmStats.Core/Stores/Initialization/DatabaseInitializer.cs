using System.Globalization;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Errors;

namespace VmStats.Stores.Initialization;

/// <summary>Selects the initializer for a store.</summary>
internal static class DatabaseInitializer
{
    /// <summary>Returns the initializer for a store; a server is asked for its version.</summary>
    /// <param name="store">The store.</param>
    /// <param name="options">The options of its connection.</param>
    /// <param name="deletesAnyShare">Embedded store: points older than the retention period are deleted however large their share of all points is.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async ValueTask<IDatabaseInitializer> ForAsync(
        ITelemetryStore store, ConnectionOptions options, bool deletesAnyShare, CancellationToken cancellationToken)
    {
        if (store is not InfluxStore influx)
        {
            return new FileInitializer(store, deletesAnyShare);
        }

        return await influx.Influx.GetApiAsync(cancellationToken).ConfigureAwait(false) switch
        {
            InfluxApi.V1 => new InfluxQLInitializer(influx),
            InfluxApi.V2 when !influx.Influx.IsCloud => new Influx2Initializer(influx, options),
            InfluxApi.V2 or InfluxApi.V3Distributed => throw new VmStatsException(
                ErrorIds.InitializationNotSupported, VmStatsErrorKind.NotSupported,
                $"Databases of {influx.Info.Product ?? "InfluxDB Clustered and Cloud"} are not made through the API that data is written by: {influx.Info.Address}",
                "Make the database (influxctl database create) or bucket with the service's own tools; tables come with their first points.",
                influx.Info.Database),
            _ => new Influx3Initializer(influx, options),
        };
    }

    /// <summary>Formats a duration in whole seconds, a form that both InfluxQL and InfluxDB 3 accept.</summary>
    public static string Seconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{(long)WholeSeconds(duration).TotalSeconds}s");

    /// <summary>Rounds a duration up to whole seconds.</summary>
    public static TimeSpan WholeSeconds(TimeSpan duration) => TimeSpan.FromSeconds(Math.Ceiling(duration.TotalSeconds));

    /// <summary>Formats a duration for display.</summary>
    public static string Text(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerDay == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays} d")
        : duration.ToString("c", CultureInfo.InvariantCulture);
}
