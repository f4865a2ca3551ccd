using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>The scenarios on the stand-in for InfluxDB 3.10.1, which runs their SQL in a DataFusion; each has a database of its own.</summary>
public sealed class Influx3StoreScenarios(Influx3Server influx) : StoreScenarios, IClassFixture<Influx3Server>
{
    private protected override ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        return ValueTask.FromResult(influx.OpenNew());
    }
}

/// <summary>One executing stand-in for all tests of a class; nothing where its engine isn't to be had.</summary>
public sealed class Influx3Server : IAsyncLifetime
{
    private const string Token = "apiv3_stand-in";
    private Influx3StandIn? _server;
    private int _databases;

    public Influx3StandIn Server => _server ?? throw new InvalidOperationException("Require the part first.");

    public async Task InitializeAsync()
    {
        _server = Influx3StandIn.WhyNotExecuting is null ? await Influx3StandIn.StartAsync(executes: true, Token) : null;
        if (_server is not null)
        {
            _server.DatabaseLimit = 1000;
        }
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>A store over a new database.</summary>
    internal ITelemetryStore OpenNew() => StoreFactory.Open(NewOptions(), new VmStats.Infrastructure.Infrastructure());

    /// <summary>How a new, empty database is reached.</summary>
    internal ConnectionOptions NewOptions()
    {
        string database = $"db{Interlocked.Increment(ref _databases)}";
        Server.CreateDatabase(database);
        return new() { Url = Server.Url, Database = database, Token = new Secret(Token, "INFLUX_TOKEN"), Timeout = TimeSpan.FromMinutes(2) };
    }
}
