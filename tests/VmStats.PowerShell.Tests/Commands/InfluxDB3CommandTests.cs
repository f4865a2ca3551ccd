using System.Globalization;
using System.Management.Automation;
using System.Text;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>Cmdlets over the stand-in for InfluxDB 3 that runs their queries.</summary>
[Collection(ModuleCollection.Name)]
public sealed class InfluxDB3CommandTests : IAsyncLifetime
{
    private const string Token = "apiv3_stand-in";
    private Influx3StandIn? _server;

    private Influx3StandIn Server => _server!;

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync(executes: true, Token);

    public async Task DisposeAsync() => await Server.DisposeAsync();

    [SkippableFact]
    public void A_database_is_shown_then_made_and_then_left_alone()
    {
        using ModuleRunspace session = Connect();
        string text = session.InvokeText("Initialize-VmStatsDatabase -RetentionPeriod 30d -WhatIf");
        Assert.DoesNotContain(Server.Requests, request => request.Target.StartsWith("/api/v3/configure", StringComparison.Ordinal));
        Assert.Contains("Create database", text, StringComparison.Ordinal);
        Assert.Contains("vm_devices.vm_devices_latest", text, StringComparison.Ordinal);

        IReadOnlyList<PSObject> made = session.Invoke("Initialize-VmStatsDatabase -RetentionPeriod 30d");
        Assert.Equal(8, made.Count);
        Assert.All(made, item => Assert.Equal("Created", $"{item.Properties["Result"].Value}"));
        Assert.Equal(TimeSpan.FromDays(30), Server.RetentionOf("vms"));
        Assert.All(session.Invoke("Initialize-VmStatsDatabase"), item => Assert.Equal("Exists", $"{item.Properties["Result"].Value}"));
    }

    [SkippableFact]
    public async Task A_long_range_shows_its_slices_and_what_the_server_may_not_see()
    {
        using ModuleRunspace session = Connect();
        DateTimeOffset first = DateTimeOffset.UtcNow.AddMinutes(-10 * 400);
        StringBuilder lines = new();
        for (int i = 0; i < 400; i++)
        {
            long time = first.AddMinutes(10 * i).ToUnixTimeMilliseconds() * 1_000_000;
            lines.Append(CultureInfo.InvariantCulture, $"vm_totals,VMID=1,name=web,uuid=11111111-2222-3333-4444-555555555555 cputime={i}i,cpus=2i {time}\n");
        }

        using HttpClient client = new();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        using HttpResponseMessage written = await client.PostAsync(new Uri(Server.Url, "/api/v3/write_lp?db=vms&precision=nanosecond"), new StringContent(lines.ToString()));
        written.EnsureSuccessStatusCode();

        Records records = session.InvokeRecords("Get-VmTelemetry web -Last 70h").NoErrors();
        Assert.Equal(400, records.Output.Count);
        Assert.Empty(records.Warnings);
        Assert.Contains(records.Progress, progress => progress.Activity == "Reading vm_totals" && progress.StatusDescription.EndsWith("slices", StringComparison.Ordinal));

        Records older = session.InvokeRecords("Get-VmTelemetry web -Last 90d").NoErrors();
        Assert.Equal(400, older.Output.Count);
        Assert.Contains("gen1-lookback-duration", Assert.Single(older.Warnings), StringComparison.Ordinal);
    }

    private ModuleRunspace Connect()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        ModuleRunspace session = new(new Dictionary<string, string?> { ["INFLUX_URL"] = Server.Url.ToString(), ["INFLUX_DB"] = "vms", ["INFLUX_TOKEN"] = Token });
        return session;
    }
}
