using System.Net.Http.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Initialization;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>A stand-in for each release, whose rows are in the write-ahead log until a snapshot; nothing where its engine isn't to be had.</summary>
public sealed class Influx3Releases : IAsyncLifetime
{
    private const string Token = "apiv3_stand-in";
    private readonly Dictionary<Influx3Release, Influx3StandIn> _servers = [];
    private int _databases;

    public async Task InitializeAsync()
    {
        foreach (Influx3Release release in Influx3StandIn.WhyNotExecuting is null ? Enum.GetValues<Influx3Release>() : [])
        {
            Influx3StandIn server = await Influx3StandIn.StartAsync(executes: true, Token, release: release);
            server.DatabaseLimit = 1000;
            server.SnapshotsAtOnce = false;
            _servers.Add(release, server);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (Influx3StandIn server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>An empty database on a server whose caches fail so.</summary>
    internal Database NewDatabase(Influx3Release release, Influx3CacheFaults faults)
    {
        Influx3StandIn server = _servers[release];
        server.CacheFaults = faults;
        string name = $"db{Interlocked.Increment(ref _databases)}";
        server.CreateDatabase(name);
        return new Database(server, new() { Url = server.Url, Database = name, Token = new Secret(Token, "INFLUX_TOKEN"), Timeout = TimeSpan.FromMinutes(2) });
    }
}

/// <summary>A database of the stand-in, and those who write to it: each time another process.</summary>
internal sealed class Database(Influx3StandIn server, ConnectionOptions options)
{
    public Influx3StandIn Server => server;

    public ConnectionOptions Options => options;

    public async Task WriteAsync(IReadOnlyList<Point> points)
    {
        await using ITelemetryStore store = Open();
        WriteResult result = await store.WriteAsync(points, default);
        Assert.Empty(result.Rejected);
    }

    /// <summary>Does what Initialize-VmStatsDatabase does.</summary>
    public async Task InitializeAsync()
    {
        await using ITelemetryStore store = Open();
        IDatabaseInitializer initializer = await DatabaseInitializer.ForAsync(store, options, false, default);
        await foreach (DatabaseStep step in initializer.PlanAsync(null, default))
        {
            await step.RunAsync(default);
        }
    }

    /// <summary>Makes caches that hold less than is asked of them.</summary>
    public async Task MakeSmallCachesAsync()
    {
        await MakeAsync("last_cache", new { db = options.Database, table = "vm_totals", name = "small", key_columns = (string[])["uuid", "name"], count = 1, ttl = 604_800 });
        await MakeAsync("distinct_cache", new { db = options.Database, table = "vm_totals", name = "few", columns = (string[])["uuid", "name"], max_cardinality = 2, max_age = 604_800 });
    }

    private async Task MakeAsync(string kind, object what)
    {
        using HttpClient client = new() { DefaultRequestHeaders = { Authorization = new("Bearer", options.Token!.Reveal()) } };
        using HttpResponseMessage response = await client.PostAsJsonAsync(new Uri(server.Url, "/api/v3/configure/" + kind), what);
        response.EnsureSuccessStatusCode();
    }

    private ITelemetryStore Open() => StoreFactory.Open(options, new VmStats.Infrastructure.Infrastructure());
}
