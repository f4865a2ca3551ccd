using VmStats.Configuration;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>The scenarios through the 1.x API of a stand-in for InfluxDB 2.x, before a real InfluxDB 1.x.</summary>
public sealed class Influx2StoreScenarios(Influx1 influx) : StoreScenarios, IClassFixture<Influx1>, IAsyncLifetime
{
    private Influx2StandIn? _server;

    public async Task InitializeAsync() => _server = InfluxServer.WhyAbsent is null ? await Influx2StandIn.StartAsync(influx.Server) : null;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task It_is_found_out_and_asked_by_its_own_scheme()
    {
        Part.Require(InfluxServer.WhyAbsent);
        ConnectionOptions options = new() { Url = _server!.Url, Database = await influx.Server.CreateDatabaseAsync() };
        foreach (ConnectionOptions accepted in new[]
        {
            options with { Token = new Secret(Influx2StandIn.Token, "-Token") },
            options with { UserName = "me", Password = new Secret(Influx2StandIn.Token, "-Credential") },
        })
        {
            await using ITelemetryStore store = StoreFactory.Open(accepted, new Infrastructure.Infrastructure());
            Assert.Equal((StoreKind.InfluxDB2, "2.7.6"), ((await store.ProbeAsync(default)).Kind, store.Info.Version));
            Assert.Null(await store.GetSchemaAsync("vm_totals", default));
        }

        foreach (ConnectionOptions refused in new[] { options, options with { Token = new Secret("wrong-must-not-show", "INFLUX_TOKEN") } })
        {
            await using ITelemetryStore store = StoreFactory.Open(refused, new Infrastructure.Infrastructure());
            VmStatsException failure = await Assert.ThrowsAnyAsync<VmStatsException>(() => store.GetSchemaAsync("vm_totals", default).AsTask());
            Assert.Equal(VmStatsErrorKind.Authentication, failure.Kind);
            Assert.DoesNotContain("must-not-show", failure.ToString(), StringComparison.Ordinal);
        }
    }

    protected override async ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(InfluxServer.WhyAbsent);
        return StoreFactory.Open(
            new ConnectionOptions
            {
                Url = _server!.Url, Database = await influx.Server.CreateDatabaseAsync(), Token = new Secret(Influx2StandIn.Token, "-Token"),
            },
            new Infrastructure.Infrastructure());
    }
}
