using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>What a server says of itself.</summary>
/// <param name="Api">The API that it is spoken to by; never Auto.</param>
/// <param name="Version">Its version, or null where it doesn't tell.</param>
/// <param name="Build">Its build (Core, Enterprise, OSS), or null where it doesn't tell.</param>
/// <param name="Product">The product, as far as it tells.</param>
public sealed record InfluxServerInfo(InfluxApi Api, string? Version, string? Build, InfluxProduct Product = InfluxProduct.Unknown)
{
    /// <summary>The process that answers, by which InfluxDB 3 shows that it was started anew; null where it doesn't tell.</summary>
    internal string? ProcessId { get; init; }
}
