using System.Diagnostics;
using System.Globalization;
using System.Management.Automation.Runspaces;
using VmStats.Configuration;
using VmStats.Points;
using VmStats.PowerShell.Commands;
using VmStats.Stores.Influx;
using PSEngine = System.Management.Automation.PowerShell;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// Rows of 31 columns from a loopback server into a PowerShell pipeline: this module's cmdlets beside the way of
/// Invoke-RestMethod, which reads the body whole, parses it with Newtonsoft.Json and makes PSObjects of it.
/// </summary>
internal static class RowsBenchmark
{
    private const int Peer = 20_000;

    public static async Task RunAsync(string[] arguments)
    {
        int most = arguments is ["--rows", string text] ? int.Parse(text, CultureInfo.InvariantCulture) : 1_000_000;
        (Process server, Uri url) = await SinkServer.StartAsync();
        using Process process = server;
        try
        {
            using Runspace runspace = Open();
            Console.WriteLine("31 columns: time, 3 tags, 27 integers; jsonl for the module, a JSON array for the peer; each > $null");
            Print("  Invoke-RestMethod's way", await BestAsync(() => RunAsync(runspace, $"Invoke-RestWay {url} {Peer}", Peer)));
            Print("  InfluxQuery.QuerySqlAsync, no pipeline", await BestAsync(() => ReadAsync(url, 100_000)));
            foreach (int rows in (int[])[10_000, 100_000, most])
            {
                Print("  Get-VmTelemetry, a range", await BestAsync(() => RunAsync(runspace, Script(url, rows, "Get-VmTelemetry -Start 2026-01-01 -Finish 2026-12-31"), rows)));
            }

            Print("  Invoke-InfluxQuery", await BestAsync(() => RunAsync(runspace, Script(url, 100_000, "Invoke-InfluxQuery 'SELECT * FROM vm_totals'"), 100_000)));
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }
    }

    private static Runspace Open()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Connect-VmStats", typeof(ConnectVmStatsCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-VmTelemetry", typeof(GetVmTelemetryCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Invoke-InfluxQuery", typeof(InvokeInfluxQueryCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Invoke-RestWay", typeof(InvokeRestWayCommand), null));
        Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        return runspace;
    }

    private static string Script(Uri url, int rows, string command) =>
        $"$c = Connect-VmStats {url} rows{rows.ToString(CultureInfo.InvariantCulture)} -Api V3 -NoProbe -PassThru; {command} -Connection $c";

    private static Task<long> RunAsync(Runspace runspace, string script, long rows)
    {
        using PSEngine shell = PSEngine.Create(runspace);
        shell.AddScript(script + " > $null").Invoke();
        if (shell.HadErrors)
        {
            throw new InvalidOperationException(shell.Streams.Error[0].ToString(), shell.Streams.Error[0].Exception);
        }

        return Task.FromResult(rows);
    }

    private static async Task<long> ReadAsync(Uri url, long rows)
    {
        using InfluxQuery influx = new(new ConnectionOptions { Url = url, Database = $"rows{rows.ToString(CultureInfo.InvariantCulture)}", Api = InfluxApi.V3 }, new VmStats.Infrastructure.Infrastructure());
        long count = 0;
        await foreach (StoreRow row in influx.QuerySqlAsync("SELECT * FROM vm_totals", null, default))
        {
            count++;
        }

        return count == rows ? count : throw new InvalidOperationException($"{count} rows instead of {rows}");
    }

    // The heap is looked at while the work runs: that it stays flat is part of the claim.
    private static async Task<(Measurement Run, long Heap)> BestAsync(Func<Task<long>> work)
    {
        await work();
        long heap = 0;
        using Timer timer = new(_ => heap = Math.Max(heap, GC.GetTotalMemory(forceFullCollection: false)), null, 0, 20);
        Measurement best = await Measurement.OnceAsync(work), second = await Measurement.OnceAsync(work);
        return (second.Time < best.Time ? second : best, heap);
    }

    private static void Print(string what, (Measurement Run, long Heap) figures)
    {
        figures.Run.Print(what);
        Console.WriteLine(FormattableString.Invariant($"{"",-58} {figures.Heap / 1048576.0,10:F0} MiB heap at most"));
    }
}
