using VmStats.Configuration;

namespace VmStats.Stores.Influx.Http;

/// <summary>A server's information about itself.</summary>
/// <param name="Api">The API that is used with it; never Auto.</param>
/// <param name="Version">Its version, or null if it doesn't report one.</param>
/// <param name="Build">Its build (Core, Enterprise, OSS), or null if it doesn't report one.</param>
/// <param name="Product">The product, as far as it can be determined.</param>
public sealed record InfluxServerInfo(InfluxApi Api, string? Version, string? Build, InfluxProduct Product = InfluxProduct.Unknown)
{
    /// <summary>The id of the server process, which changes when InfluxDB 3 is restarted; null if the server doesn't report it.</summary>
    internal string? ProcessId { get; init; }
}
