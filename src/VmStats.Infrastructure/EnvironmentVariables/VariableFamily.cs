namespace VmStats.Infrastructure.EnvironmentVariables;

/// <summary>The environment variables that one of the original's programs reads, each list in order of precedence.</summary>
/// <param name="Urls">Variables for the server's URL.</param>
/// <param name="Databases">Variables for the database or bucket.</param>
/// <param name="Tokens">Variables for the token.</param>
internal sealed record VariableFamily(string[] Urls, string[] Databases, string[] Tokens)
{
    /// <summary>All families, in order of precedence.</summary>
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
