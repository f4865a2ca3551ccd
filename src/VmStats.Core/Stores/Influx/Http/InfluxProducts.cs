using System.Globalization;
using VmStats.Configuration;

namespace VmStats.Stores.Influx.Http;

/// <summary>Determines a server's product from its answers and from the names of InfluxData's own hosts.</summary>
internal static class InfluxProducts
{
    private const string CloudHosts = ".cloud2.influxdata.com";
    private const string DedicatedHosts = ".a.influxdb.io";

    // The regions of Cloud that only have InfluxDB 3's engine.
    private static readonly string[] s_serverlessRegions = ["us-east-1-1.aws", "eu-central-1-1.aws"];

    /// <summary>True for a version such as 3.10.1; the versions of InfluxDB Clustered are dates.</summary>
    public static bool IsNumbered(string version) =>
        version.IndexOf('.', StringComparison.Ordinal) is > 0 and < 4 and var dot && int.TryParse(version.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>True for a host of InfluxDB Cloud.</summary>
    public static bool IsCloud(Uri server) => server.Host.EndsWith(CloudHosts, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the product of a server that reports its version.</summary>
    public static InfluxProduct Of(Uri server, InfluxApi api, string? build) => api switch
    {
        InfluxApi.V1 => InfluxProduct.InfluxDB1,
        InfluxApi.V2 => InfluxProduct.InfluxDB2,
        InfluxApi.V3 when string.Equals(build, "Core", StringComparison.OrdinalIgnoreCase) => InfluxProduct.Core,
        InfluxApi.V3 when string.Equals(build, "Enterprise", StringComparison.OrdinalIgnoreCase) => InfluxProduct.Enterprise,
        InfluxApi.V3Distributed when server.Host.EndsWith(DedicatedHosts, StringComparison.OrdinalIgnoreCase) => InfluxProduct.CloudDedicated,
        InfluxApi.V3Distributed => InfluxProduct.ClusteredOrDedicated,
        _ => InfluxProduct.Unknown,
    };

    /// <summary>Returns the product of a server that doesn't report a version.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="storageType">The storage engine of its organisation; null if the server doesn't report it.</param>
    public static InfluxProduct OfCloud(Uri server, string? storageType) => storageType switch
    {
        "iox" => InfluxProduct.CloudServerless,
        "tsm" => InfluxProduct.CloudTsm,
        _ when !IsCloud(server) => InfluxProduct.Unknown,
        _ when Array.Exists(s_serverlessRegions, region => server.Host.StartsWith(region + ".", StringComparison.OrdinalIgnoreCase)) => InfluxProduct.CloudServerless,
        _ => InfluxProduct.CloudTsm,
    };

    /// <summary>Returns the product's name; null if it is unknown.</summary>
    public static string? NameOf(InfluxProduct product) => product switch
    {
        InfluxProduct.InfluxDB1 => "InfluxDB 1.x",
        InfluxProduct.InfluxDB2 => "InfluxDB 2.x",
        InfluxProduct.Core => "InfluxDB 3 Core",
        InfluxProduct.Enterprise => "InfluxDB 3 Enterprise",
        InfluxProduct.ClusteredOrDedicated => "InfluxDB Clustered or Cloud Dedicated",
        InfluxProduct.CloudDedicated => "InfluxDB Cloud Dedicated",
        InfluxProduct.CloudServerless => "InfluxDB Cloud Serverless",
        InfluxProduct.CloudTsm => "InfluxDB Cloud (TSM)",
        _ => null,
    };
}
