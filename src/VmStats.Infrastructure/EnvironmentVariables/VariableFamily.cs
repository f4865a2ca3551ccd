namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>Variables that belong together: those of one program of the original, each in the order in which they are looked at.</summary>
/// <param name="Urls">Where the server is.</param>
/// <param name="Databases">Database or bucket.</param>
/// <param name="Tokens">Token.</param>
internal sealed record VariableFamily(string[] Urls, string[] Databases, string[] Tokens)
{
    /// <summary>The families in the order of their precedence.</summary>
    public static IReadOnlyList<VariableFamily> All { get; } =
    [
        new(["INFLUX_URL"], ["INFLUX_DB"], ["INFLUX_TOKEN"]),
        new(
            ["INFLUXDB3_HOST", "INFLUXDB3_HOST_URL"],
            ["INFLUXDB3_DATABASE", "INFLUXDB3_DATABASE_NAME"],
            ["INFLUXDB3_TOKEN", "INFLUXDB3_AUTH_TOKEN"]),
        new(["INFLUX_HOST"], ["INFLUX_DATABASE", "INFLUX_BUCKET"], ["INFLUX_TOKEN"]),
    ];
}
