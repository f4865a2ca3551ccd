using VmStats.Configuration;
using VmStats.Diagnostics;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;

namespace VmStats.Core.Tests.Stores.Influx.Http;

/// <summary>Tries a connection by each way that one is made: the doctor's, a query, and a write by InfluxDB 3's own client, over the same chain.</summary>
internal static class ConnectionTrial
{
    /// <summary>What the doctor says of TLS.</summary>
    public static async Task<Finding> LinkAsync(ConnectionOptions options)
    {
        NetworkProbe probe = new(options.Url!, options);
        await probe.ResolveAsync(default);
        return await probe.AuthenticateAsync(default);
    }

    /// <summary>Writes a point.</summary>
    public static async Task WriteAsync(ConnectionOptions options)
    {
        using InfluxQuery influx = new(options, new VmStats.Infrastructure.Infrastructure());
        WriteResult result = await influx.WriteAsync([new Point(new PointShape("m", [], ["x"]), 1, [], [FieldValue.From(1L)])], default);
        Assert.Equal(1, result.Written);
    }

    /// <summary>Counts the rows of a query.</summary>
    public static async Task<int> CountAsync(ConnectionOptions options)
    {
        using InfluxQuery influx = new(options, new VmStats.Infrastructure.Infrastructure());
        return await CountAsync(influx);
    }

    /// <summary>Counts the rows of a query on a connection that is there.</summary>
    public static async Task<int> CountAsync(InfluxQuery influx)
    {
        int rows = 0;
        await foreach (StoreRow row in influx.QuerySqlAsync("SELECT 1", null, default))
        {
            rows++;
        }

        return rows;
    }
}
