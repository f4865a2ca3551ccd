using System.Diagnostics;
using VmStats.Fixtures;
using VmStats.Fixtures.Influx;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.ThirdParty;

/// <summary>What the module brings of others is loaded late, in a context of its own, and bears other versions beside it.</summary>
[Collection(ModuleCollection.Name)]
public sealed class IsolationTests : IAsyncLifetime
{
    private const string Token = "apiv3_stand-in";

    private static readonly TimeSpan s_ceiling = TimeSpan.FromMinutes(3);

    private Influx3StandIn _server = null!;

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync(executes: true, Token);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [SkippableFact]
    public async Task A_write_by_the_servers_client_leaves_the_shells_own_context_alone()
    {
        Part.Require(Influx3StandIn.WhyNotExecuting);
        _server.CreateDatabase("vms");
        string script = $"""
            $token = [Net.NetworkCredential]::new('', '{Token}').SecurePassword
            Connect-VmStats '{_server.Url}' vms -Token $token -HypervisorUri 'sim://fleet?vms=2'
            $null = Start-VmTelemetryCollector -Count 1 -Wait
            (Get-MonitoredVm).Count
            """;
        string[][] lines = [.. (await RunAsync(script)).Select(line => line.Split('|'))];

        // Importing loads nothing of others, and nothing that stands on it.
        Assert.DoesNotContain(lines, line => line[0] == "imported");

        // The write arrived, by the client.
        StandInRequest write = Assert.Single(_server.Requests, request => request.Target.StartsWith("/api/v3/write_lp?", StringComparison.Ordinal));
        Assert.Equal("VmStats/1", write.Headers["User-Agent"]);
        Assert.Equal(["output", "2"], Assert.Single(lines, line => line[0] == "output"));
        string[][] used = [.. lines.Where(line => line[0] == "used")];
        string[] ours = [.. used.Where(line => line[1] == "VmStats").Select(line => line[2])];
        Assert.Contains("InfluxDB3.Client", ours);
        Assert.Contains("Grpc.Net.Client", ours);
        Assert.Contains("VmStats.Infrastructure", ours);

        // In the shell's own context there is of all that only what another module brought.
        Assert.All(used.Where(line => line[1] == "Default"), line => Assert.Equal(IsolationProgram.OtherVersion, line[3]));
        Assert.Contains(used, line => line[1] == "Default" && line[2] == "InfluxDB3.Client");
        Assert.DoesNotContain(used, line => line[1] is not ("Default" or "VmStats"));
    }

    private static async Task<string[]> RunAsync(string script)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(IsolationProgram).Assembly.Location, script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        using CancellationTokenSource limit = new(s_ceiling);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, await errors + await output);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
