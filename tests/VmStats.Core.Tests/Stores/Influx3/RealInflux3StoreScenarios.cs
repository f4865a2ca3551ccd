using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>The scenarios on a real InfluxDB 3, where VMSTATS_TEST_INFLUX3_URL names one (and VMSTATS_TEST_INFLUX3_TOKEN its token), in one database that is deleted in the end.</summary>
public sealed class RealInflux3StoreScenarios(RealInflux3 influx) : SharedInflux3Scenarios(influx), IClassFixture<RealInflux3>
{
    private protected override ValueTask<ITelemetryStore> OpenAsync()
    {
        // No part that could be installed, so its absence fails nowhere.
        Skip.If(!influx.IsThere, "VMSTATS_TEST_INFLUX3_URL names no InfluxDB 3");
        return ValueTask.FromResult(influx.Open());
    }
}

/// <summary>The real server that the environment names.</summary>
public sealed class RealInflux3 : SharedInflux3
{
    public bool IsThere => Url is not null;

    protected override Uri? Url { get; } = Environment.GetEnvironmentVariable("VMSTATS_TEST_INFLUX3_URL") is { Length: > 0 } url ? new Uri(url) : null;

    protected override string? Token { get; } = Environment.GetEnvironmentVariable("VMSTATS_TEST_INFLUX3_TOKEN");
}
