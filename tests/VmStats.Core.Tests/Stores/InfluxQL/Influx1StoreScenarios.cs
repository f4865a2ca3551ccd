using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>The scenarios on a real InfluxDB 1.x.</summary>
public sealed class Influx1StoreScenarios(Influx1 influx) : StoreScenarios, IClassFixture<Influx1>
{
    private protected override async ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(InfluxServer.WhyAbsent);
        return StoreFactory.Open(
            new ConnectionOptions { Url = influx.Server.Url, Database = await influx.Server.CreateDatabaseAsync() },
            new VmStats.Infrastructure.Infrastructure());
    }
}

/// <summary>One real InfluxDB 1.x for all tests of a class; nothing where it isn't installed.</summary>
public sealed class Influx1 : IAsyncLifetime
{
    private InfluxServer? _server;

    public InfluxServer Server => _server ?? throw new InvalidOperationException("Require the part first.");

    public async Task InitializeAsync() => _server = InfluxServer.WhyAbsent is null ? await InfluxServer.StartAsync() : null;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
