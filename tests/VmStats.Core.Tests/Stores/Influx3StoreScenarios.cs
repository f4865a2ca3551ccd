using System.Net.Http.Json;
using VmStats.Configuration;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>The scenarios on the stand-in for InfluxDB 3, which runs their SQL in a DataFusion.</summary>
public sealed class Influx3StoreScenarios(Influx3 influx) : StoreScenarios, IClassFixture<Influx3>
{
    protected override ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        return ValueTask.FromResult(influx.OpenNew());
    }
}

/// <summary>The scenarios on a real InfluxDB 3, where VMSTATS_TEST_INFLUX3_URL names one (and VMSTATS_TEST_INFLUX3_TOKEN its token). Each makes a database and deletes it.</summary>
public sealed class RealInflux3StoreScenarios : StoreScenarios, IAsyncLifetime
{
    private static readonly string? s_url = Environment.GetEnvironmentVariable("VMSTATS_TEST_INFLUX3_URL");
    private static readonly string? s_token = Environment.GetEnvironmentVariable("VMSTATS_TEST_INFLUX3_TOKEN");
    private readonly string _database = $"vmstats_test_{Guid.NewGuid():N}"[..24];

    public Task InitializeAsync() => SendAsync(HttpMethod.Post, "", JsonContent.Create(new { db = _database }));

    public Task DisposeAsync() => SendAsync(HttpMethod.Delete, $"?db={_database}&hard_delete_at=now", null);

    protected override ValueTask<ITelemetryStore> OpenAsync()
    {
        // No part that could be installed, so its absence fails nowhere.
        Skip.If(s_url is null, "VMSTATS_TEST_INFLUX3_URL names no InfluxDB 3");
        ConnectionOptions options = new()
        {
            Url = new Uri(s_url!),
            Database = _database,
            Token = s_token is null ? null : new Secret(s_token, "VMSTATS_TEST_INFLUX3_TOKEN"),
        };
        return ValueTask.FromResult(StoreFactory.Open(options, new Infrastructure.Infrastructure()));
    }

    private static async Task SendAsync(HttpMethod method, string query, HttpContent? content)
    {
        if (s_url is null)
        {
            return;
        }

        using HttpClient client = new();
        using HttpRequestMessage request = new(method, new Uri(new Uri(s_url), "/api/v3/configure/database" + query)) { Content = content };
        request.Headers.Authorization = s_token is null ? null : new("Bearer", s_token);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}

/// <summary>One executing stand-in for all tests of a class; nothing where its engine isn't to be had.</summary>
public sealed class Influx3 : IAsyncLifetime
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
    public ITelemetryStore OpenNew() => StoreFactory.Open(NewOptions(), new Infrastructure.Infrastructure());

    /// <summary>How a new, empty database is reached.</summary>
    public ConnectionOptions NewOptions()
    {
        string database = $"db{Interlocked.Increment(ref _databases)}";
        Server.CreateDatabase(database);
        return new() { Url = Server.Url, Database = database, Token = new Secret(Token, "INFLUX_TOKEN") };
    }
}
