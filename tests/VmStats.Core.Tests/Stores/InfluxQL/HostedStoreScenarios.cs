using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.InfluxQL;

/// <summary>The scenarios on stand-ins for the hosted engines, found by asking, each before a real InfluxDB 1.x.</summary>
public abstract class HostedStoreScenarios(Influx1 influx, HostedInflux kind) : StoreScenarios, IClassFixture<Influx1>, IAsyncLifetime
{
    private HostedInfluxStandIn? _server;

    public async Task InitializeAsync() => _server = InfluxServer.WhyAbsent is null ? await HostedInfluxStandIn.StartAsync(influx.Server, kind) : null;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private protected override async ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(InfluxServer.WhyAbsent);
        ConnectionOptions options = new()
        {
            Url = _server!.Url,
            Database = await influx.Server.CreateDatabaseAsync(),
            Token = new Secret(HostedInfluxStandIn.Token, "-Token"),
        };
        return StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
    }
}

/// <summary>InfluxDB Clustered, and Cloud Dedicated.</summary>
public sealed class ClusteredStoreScenarios(Influx1 influx) : HostedStoreScenarios(influx, HostedInflux.Clustered);

/// <summary>InfluxDB Cloud Serverless.</summary>
public sealed class ServerlessStoreScenarios(Influx1 influx) : HostedStoreScenarios(influx, HostedInflux.Serverless);

/// <summary>InfluxDB Cloud (TSM).</summary>
public sealed class CloudTsmStoreScenarios(Influx1 influx) : HostedStoreScenarios(influx, HostedInflux.CloudTsm);
