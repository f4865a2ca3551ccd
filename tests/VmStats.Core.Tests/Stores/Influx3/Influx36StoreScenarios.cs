using System.Net.Http.Json;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>
/// The scenarios on the stand-in for InfluxDB 3.6.0 by the way that a real server is tried: in one database, where four of
/// the five that Core allows are taken. What they write is in no Parquet file yet.
/// </summary>
public sealed class Influx36StoreScenarios(Influx36 influx) : SharedInflux3Scenarios(influx), IClassFixture<Influx36>
{
    [SkippableFact]
    public async Task They_need_one_database_and_leave_none()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        Influx36 another = new();
        await another.InitializeAsync();
        try
        {
            await using (ITelemetryStore store = another.Open())
            {
                await store.WriteAsync([new Point(new PointShape("m", ["a"], ["f"]), 1, ["x"], [FieldValue.From(1L)])], default);
            }

            Assert.Equal(Influx36.Taken + 1, (await another.DatabasesAsync()).Length);
            await another.ClearAsync();
            await using (ITelemetryStore store = another.Open())
            {
                Assert.Null(await store.GetSchemaAsync("m", default));
            }

            await another.DeleteAsync();
            Assert.Equal(Influx36.Taken, (await another.DatabasesAsync()).Length);
        }
        finally
        {
            await another.StopAsync();
        }
    }

    private protected override ValueTask<ITelemetryStore> OpenAsync()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        return ValueTask.FromResult(influx.Open());
    }
}

/// <summary>A stand-in for InfluxDB 3.6.0 with room for one more database.</summary>
public sealed class Influx36 : SharedInflux3
{
    /// <summary>Databases that were there before.</summary>
    public const int Taken = 4;

    private Influx3StandIn? _server;

    protected override Uri? Url => _server?.Url;

    protected override string? Token => "apiv3_stand-in";

    public override async Task InitializeAsync()
    {
        if (Influx3StandIn.WhyNotExecuting is null)
        {
            _server = await Influx3StandIn.StartAsync(executes: true, Token, release: Influx3Release.V36);
            _server.SnapshotsAtOnce = false;
            for (int i = 0; i < Taken; i++)
            {
                _server.CreateDatabase($"taken{i}");
            }
        }

        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await DeleteAsync();
        await StopAsync();
    }

    /// <summary>The databases, without the server's own.</summary>
    public async Task<string[]> DatabasesAsync()
    {
        using HttpClient client = new() { DefaultRequestHeaders = { Authorization = new("Bearer", Token) } };
        Dictionary<string, string>[] rows = (await client.GetFromJsonAsync<Dictionary<string, string>[]>(new Uri(Url!, "/api/v3/configure/database?format=json")))!;
        return [.. rows.Select(row => row["iox::database"]).Where(name => name != "_internal")];
    }

    /// <summary>Deletes the database, as is done in the end.</summary>
    public Task DeleteAsync() => base.DisposeAsync();

    /// <summary>Stops the server.</summary>
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
