using System.Globalization;
using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.Fixtures.Sqlite;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Commands;

/// <summary>The embedded store as its users have it: beside other programs, and with a retention period.</summary>
[Collection(ModuleCollection.Name)]
public sealed class EmbeddedStoreCommandTests : IDisposable
{
    private const string Locks = "/proc/locks";

    private static readonly TimeSpan s_ceiling = TimeSpan.FromMinutes(3);

    private readonly TempFolder _folder = new();
    private readonly ModuleRunspace _session = new();

    private string File => $"{_folder.Path}/t.db";

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public void No_cmdlet_drops_the_locks_of_a_collector_that_writes()
    {
        Skip.IfNot(System.IO.File.Exists(Locks), "The system doesn't list its locks.");
        StartCollecting();
        foreach (string line in new[]
        {
            $"Connect-VmStats -Path '{File}' -HypervisorUri 'sim://fleet?vms=2&seed=1'",
            $"$other = Connect-VmStats -Path '{File}' -RetentionPeriod 30d -PassThru",
            "Test-VmStatsConnection; Test-VmStatsConnection -Connection $other",
            "Get-MonitoredVm; Get-VmTelemetry; Get-VmTelemetry -Last 1h -Interval 1m; Measure-VmTelemetry -Last 1h",
            "Get-MemoryDumpRecord; Get-MemoryDumpStats",
            "Initialize-VmStatsDatabase; Initialize-VmStatsDatabase -RetentionPeriod 30d -Force -Connection $other",
            "(TabExpansion2 -inputScript 'Get-VmTelemetry ' -cursorColumn 16).CompletionMatches.Count",
            "Start-VmTelemetryCollector -Count 1 -Wait -Connection $other",
            "Disconnect-VmStats $other",
            "Disconnect-VmStats",
        })
        {
            _session.InvokeRecords(line).NoErrors();
            Assert.True(IsLocked(), $"{line} dropped the locks.");
        }

        Stop();
    }

    [SkippableFact]
    public async Task Looking_at_the_file_with_sqlite3_while_a_collector_runs_costs_no_point()
    {
        Part.Require(SqlitePrograms.WhyAbsent);
        StartCollecting();
        for (int look = 0; look < 2; look++)
        {
            long before = Status().Get<long>("PointsWritten");
            Assert.NotEmpty(await SqlitePrograms.ShellAsync(File, "SELECT count(*) FROM vmstats_measurements"));
            Assert.NotEmpty(await SqlitePrograms.PythonAsync(File, "SELECT name FROM vmstats_measurements"));
            await Eventually.TrueAsync("it writes on", s_ceiling, () => Task.FromResult(Status().Get<long>("PointsWritten") > before));
            _session.Invoke("Get-VmTelemetry");
        }

        PSObject status = Stop();
        Assert.Equal((0L, 0L, 0L), (status.Get<long>("Errors"), status.Get<long>("PointsSpooled"), status.Get<long>("PointsDropped")));
        Assert.Equal(status.Get<long>("PointsWritten"), await SqlitePrograms.CountAsync(File));
    }

    [SkippableFact]
    public async Task A_file_that_is_held_by_another_program_is_told_and_the_points_come_later()
    {
        Part.Require(SqlitePrograms.WhyAbsent);
        StartCollecting();
        await using (await SqlitePrograms.LockAsync(File))
        {
            await Eventually.TrueAsync("it is told", s_ceiling, () => Task.FromResult(Status().Get<long>("PointsSpooled") > 0));
            Assert.Contains("was held by another process", Status().Get<string>("LastError"), StringComparison.Ordinal);
        }

        await Eventually.TrueAsync("the points are in the store", s_ceiling, () => Task.FromResult(
            Status().Get<long>("PointsReplayed") > 0 && Status().Get<long>("PointsReplayed") == Status().Get<long>("PointsSpooled")));
        PSObject status = Stop();
        Assert.Equal(0, status.Get<long>("PointsDropped"));
        Assert.Equal(status.Get<long>("PointsCollected"), await SqlitePrograms.CountAsync(File));
    }

    [SkippableFact]
    public async Task A_retention_period_that_would_take_most_of_a_store_warns_and_the_command_that_it_names_deletes()
    {
        Part.Require(SqlitePrograms.WhyAbsent);

        // Days of history, of which the newest is days old: as after a pause, or with a clock that is ahead.
        _session.InvokeRecords($"Connect-VmStats -Path '{File}' -HypervisorUri 'sim://fleet?vms=4&seed=1&history=25d&speed=100000'").NoErrors();
        long history = Assert.Single(_session.Invoke("Start-VmTelemetryCollector -Interval 6h -Count 40 -Wait")).Get<long>("PointsWritten");
        Assert.True(history > 160);

        // Counted back from the newest point, and not from the clock, nothing is older than twelve days.
        Records first = Collect("12d");
        Assert.Empty(first.Warnings);
        long all = await SqlitePrograms.CountAsync(File);
        Assert.Equal(history + Assert.Single(first.Output).Get<long>("PointsWritten"), all);

        // Now the newest is of this moment.
        Records second = Collect("12d");
        all += Assert.Single(second.Output).Get<long>("PointsWritten");
        string warning = Assert.Single(second.Warnings);
        Assert.Contains($" {history} of {all} points, ", warning, StringComparison.Ordinal);
        Assert.Equal(warning, Assert.Single(second.Output).Get<string>("LastError"));
        Assert.Equal(all, await SqlitePrograms.CountAsync(File));

        // Without -Force it says the same, with -WhatIf what it would do.
        string command = warning[warning.IndexOf("Initialize-VmStatsDatabase", StringComparison.Ordinal)..];
        PSObject held = _session.Invoke(command.Replace(" -Force", "", StringComparison.Ordinal))[1];
        Assert.Equal("Skipped", $"{held.Properties["Result"].Value}");
        Assert.Contains($"{history} of {all} points", held.Get<string>("Detail"), StringComparison.Ordinal);
        Assert.Contains($"Delete {history} of {all} points", _session.InvokeText(command + " -WhatIf"), StringComparison.Ordinal);
        Assert.Equal(all, await SqlitePrograms.CountAsync(File));

        Assert.Equal("Changed", $"{_session.Invoke(command)[1].Properties["Result"].Value}");
        Assert.Equal(all - history, await SqlitePrograms.CountAsync(File));
        Assert.Empty(Collect("12d").Warnings);
    }

    [Fact]
    public void Wanting_Force_for_a_server_or_without_a_period_does_nothing_more()
    {
        _session.InvokeRecords($"Connect-VmStats -Path '{File}'").NoErrors();
        Assert.Equal("Exists", $"{Assert.Single(_session.Invoke("Initialize-VmStatsDatabase -Force")).Properties["Result"].Value}");
    }

    private Records Collect(string retention)
    {
        _session.InvokeRecords($"Connect-VmStats -Path '{File}' -RetentionPeriod {retention} -HypervisorUri 'sim://fleet?vms=2&seed=2'").NoErrors();
        return _session.InvokeRecords("Start-VmTelemetryCollector -Count 1 -Wait").NoErrors();
    }

    /// <summary>A collector runs in the background and has written; the session reads by stores of its own.</summary>
    private void StartCollecting()
    {
        _session.InvokeRecords($"Connect-VmStats -Path '{File}' -HypervisorUri 'sim://fleet?vms=3&seed=1'").NoErrors();
        _session.InvokeRecords("Start-VmTelemetryCollector -Interval 500ms").NoErrors();
        Eventually.TrueAsync("it writes", s_ceiling, () => Task.FromResult(Status().Get<long>("PointsWritten") > 20)).GetAwaiter().GetResult();
        _session.InvokeRecords($"Connect-VmStats -Path '{File}' -HypervisorUri 'sim://fleet?vms=3&seed=1'").NoErrors();
    }

    private PSObject Status() => Assert.Single(_session.Invoke("Get-VmTelemetryCollector 1"));

    private PSObject Stop() => Assert.Single(_session.Invoke("Stop-VmTelemetryCollector 1 -PassThru"));

    private bool IsLocked()
    {
        string process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        string number = Tool.RunAsync("stat", ["-c", "%i", File], s_ceiling).GetAwaiter().GetResult().Trim();
        return System.IO.File.ReadAllLines(Locks)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(words => words[1] == "POSIX" && words[4] == process && words[5].EndsWith(':' + number, StringComparison.Ordinal));
    }
}

/// <summary>Properties of what a cmdlet put out, by name.</summary>
file static class Properties
{
    internal static T Get<T>(this PSObject item, string name) => (T)item.Properties[name].Value;
}
