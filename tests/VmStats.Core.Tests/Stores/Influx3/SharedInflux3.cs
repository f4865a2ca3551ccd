using System.Net.Http.Json;
using System.Text.Json;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores.Influx3;

/// <summary>
/// One database on an InfluxDB 3 for all tests of a class: Core allows five, and some may be there already. Each test has it
/// empty, and nothing is left of it.
/// </summary>
public abstract class SharedInflux3 : IAsyncLifetime
{
    private readonly string _database = $"vmstats_test_{Guid.NewGuid():N}"[..24];

    /// <summary>Where the server answers; null where there is none.</summary>
    protected abstract Uri? Url { get; }

    /// <summary>Its token; null where it wants none.</summary>
    protected abstract string? Token { get; }

    public virtual Task InitializeAsync() => SendAsync(HttpMethod.Post, "configure/database", JsonContent.Create(new { db = _database }));

    public virtual Task DisposeAsync() => SendAsync(HttpMethod.Delete, $"configure/database?db={_database}&hard_delete_at=now");

    /// <summary>A store over the database.</summary>
    internal ITelemetryStore Open() => StoreFactory.Open(
        new ConnectionOptions
        {
            Url = Url,
            Database = _database,
            Token = Token is null ? null : new Secret(Token, "VMSTATS_TEST_INFLUX3_TOKEN"),
            Timeout = TimeSpan.FromMinutes(2), // For a busy machine.
        },
        new VmStats.Infrastructure.Infrastructure());

    /// <summary>Deletes all tables.</summary>
    public async Task ClearAsync()
    {
        const string Sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'iox'";
        string tables = await SendAsync(HttpMethod.Post, "query_sql", JsonContent.Create(new { db = _database, q = Sql, format = "json" }));
        using JsonDocument rows = JsonDocument.Parse(tables.Length > 0 ? tables : "[]");
        foreach (JsonElement row in rows.RootElement.EnumerateArray())
        {
            string table = Uri.EscapeDataString(row.GetProperty("table_name").GetString()!);
            await SendAsync(HttpMethod.Delete, $"configure/table?db={_database}&table={table}&hard_delete_at=now");
        }
    }

    private async Task<string> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        if (Url is null)
        {
            return "";
        }

        using HttpClient client = new();
        using HttpRequestMessage request = new(method, new Uri(Url, "/api/v3/" + path)) { Content = content };
        request.Headers.Authorization = Token is null ? null : new("Bearer", Token);
        using HttpResponseMessage response = await client.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {answer}");
        return answer;
    }
}

/// <summary>The scenarios in a database that they share.</summary>
public abstract class SharedInflux3Scenarios(SharedInflux3 influx) : StoreScenarios, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => influx.ClearAsync();
}
