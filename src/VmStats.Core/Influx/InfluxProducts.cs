using System.Globalization;
using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>Which product a server is, by what it tells and by the names of InfluxData's own hosts.</summary>
internal static class InfluxProducts
{
    private const string CloudHosts = ".cloud2.influxdata.com";
    private const string DedicatedHosts = ".a.influxdb.io";

    // The regions of Cloud that have no other engine than InfluxDB 3's.
    private static readonly string[] s_serverlessRegions = ["us-east-1-1.aws", "eu-central-1-1.aws"];

    /// <summary>True for a version such as 3.10.1; InfluxDB Clustered's are dates.</summary>
    public static bool IsNumbered(string version) =>
        version.IndexOf('.', StringComparison.Ordinal) is > 0 and < 4 and var dot && int.TryParse(version.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>True for a host of InfluxDB Cloud.</summary>
    public static bool IsCloud(Uri server) => server.Host.EndsWith(CloudHosts, StringComparison.OrdinalIgnoreCase);

    /// <summary>The product of a server that tells its version.</summary>
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

    /// <summary>The product of a server that tells no version.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="storageType">The engine that it says its organisation has; null where it doesn't say.</param>
    public static InfluxProduct OfCloud(Uri server, string? storageType) => storageType switch
    {
        "iox" => InfluxProduct.CloudServerless,
        "tsm" => InfluxProduct.CloudTsm,
        _ when !IsCloud(server) => InfluxProduct.Unknown,
        _ when Array.Exists(s_serverlessRegions, region => server.Host.StartsWith(region + ".", StringComparison.OrdinalIgnoreCase)) => InfluxProduct.CloudServerless,
        _ => InfluxProduct.CloudTsm,
    };

    /// <summary>The product's name; null where it isn't known.</summary>
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
