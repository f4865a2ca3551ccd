using System.Diagnostics;
using System.Globalization;
using VmStats.Collection;
using VmStats.Core.Tests.Collection;
using VmStats.Fixtures;
using VmStats.Fixtures.Sqlite;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores;
using static VmStats.Core.Tests.Collection.CollectorFixture;

namespace VmStats.Core.Tests.Embedded;

/// <summary>Debian's sqlite3 and Python at the file that a collector writes to: no point is lost, and what stands in the way is told.</summary>
public sealed class ForeignProgramTests : AsyncTest
{
    /// <summary>How long another program holds the file, in seconds.</summary>
    private const string HoldVariable = "VMSTATS_TEST_HOLD_SECONDS";

    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromMilliseconds(300);

    private readonly CollectorFixture _fixture = new();

    private string StorePath => _fixture.Files.FilePath;

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [SkippableTheory]
    [InlineData("SELECT count(*) FROM sqlite_master")]
    [InlineData(".backup '{0}'")]
    [InlineData("PRAGMA wal_checkpoint(TRUNCATE)")]
    [InlineData("VACUUM")]
    [InlineData("python")]
    public async Task What_others_do_at_the_file_while_a_collector_writes_costs_no_point(string command)
    {
        Part.Require(SqlitePrograms.WhyAbsent);
        await using FaultyHypervisor hypervisor = new(Running);
        await using TelemetryCollector collector = _fixture.Start(Options(hypervisor, _fixture.Files.Store));
        (FileIdentity?, FileIdentity?)? log = null;
        for (int look = 1; look <= 3; look++)
        {
            await WriteOnAsync(collector);

            // As a session does: it reads by a store of its own, and by a new one after each Connect-VmStats.
            await _fixture.Files.Open().GetSchemaAsync("vm_totals", default);
            log ??= Log();
            string backup = Path.Combine(_fixture.Files.Folder, $"backup{look}.db");
            if (command == "python")
            {
                Assert.NotEmpty(await SqlitePrograms.PythonAsync(StorePath, "SELECT name FROM sqlite_master"));
            }
            else
            {
                await SqlitePrograms.ShellAsync(StorePath, string.Format(CultureInfo.InvariantCulture, command, backup));
            }

            // An assertion on the cause: who takes himself for the last one clears the log away.
            Assert.Equal(log, Log());
            if (File.Exists(backup))
            {
                Assert.Equal("ok", await SqlitePrograms.ShellAsync(backup, "PRAGMA integrity_check"));
                Assert.True(await SqlitePrograms.CountAsync(backup) > 0);
            }
        }

        await WriteOnAsync(collector);
        await collector.StopAsync(default);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Equal((0L, 0L, 0L, null), (status.PointsSpooled, status.PointsDropped, status.PointsRejected, status.LastError));
        Assert.Equal(status.PointsCollected, status.PointsWritten);
        Assert.Empty(_fixture.Warnings);
        await AssertAllThereAsync(status.PointsWritten);
    }

    [SkippableFact]
    public async Task While_another_program_holds_the_file_points_wait_in_the_spool_and_it_is_told()
    {
        Part.Require(SqlitePrograms.WhyAbsent);
        TimeSpan hold = TimeSpan.FromSeconds(
            int.Parse(Environment.GetEnvironmentVariable(HoldVariable) ?? "2", CultureInfo.InvariantCulture));
        await using EmbeddedStore store = EmbeddedStore.Open(StorePath, null, lockTimeout: s_lockTimeout);
        await using FaultyHypervisor hypervisor = new(Running);
        await using TelemetryCollector collector = _fixture.Start(Options(hypervisor, store) with { BatchMaxLines = 100 });
        await WriteOnAsync(collector);

        Stopwatch held = Stopwatch.StartNew();
        await using (await SqlitePrograms.LockAsync(StorePath))
        {
            await Until(() => collector.Status.PointsSpooled > 0 && held.Elapsed > hold);
            VmTelemetryCollectorStatus meanwhile = collector.Status;
            Assert.Contains("was held by another process", meanwhile.LastError, StringComparison.Ordinal);
            Assert.True(meanwhile.Errors > 0);
            lock (_fixture.Warnings)
            {
                Assert.Contains(StorePath, Assert.Single(_fixture.Warnings), StringComparison.Ordinal);
            }

            // Who reads doesn't wait for it.
            Assert.NotNull(await store.GetSchemaAsync("vm_totals", default));
        }

        await WriteOnAsync(collector);
        await collector.StopAsync(default);
        await collector.Completion.WaitAsync(Ceiling);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Equal((0L, 0L), (status.PointsDropped, status.PointsRejected));
        Assert.Equal((status.PointsSpooled, status.PointsCollected), (status.PointsReplayed, status.PointsWritten + status.PointsReplayed));
        Assert.Contains(_fixture.Warnings, warning => warning.Contains("accepts points again", StringComparison.Ordinal));
        await AssertAllThereAsync(status.PointsCollected);
    }

    [SkippableFact]
    public async Task Where_this_process_lets_go_of_its_locks_and_another_clears_up_the_points_are_written_again_and_it_is_told()
    {
        Part.Require(SqlitePrograms.WhyAbsent);
        Skip.IfNot(OperatingSystem.IsLinux(), "The log that is open is told from another on Linux only.");
        await using FaultyHypervisor hypervisor = new(Running);
        await using TelemetryCollector collector = _fixture.Start(Options(hypervisor, _fixture.Files.Store));
        for (int time = 1; time <= 3; time++)
        {
            await WriteOnAsync(collector);

            // As Copy-Item and Get-FileHash do in the session that collects.
            await File.ReadAllBytesAsync(StorePath);
            Assert.NotEmpty(await SqlitePrograms.ShellAsync(StorePath, "SELECT count(*) FROM sqlite_master"));
            await Until(() => collector.Status.Errors == time);
        }

        await WriteOnAsync(collector);
        await collector.StopAsync(default);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Equal((3L, 0L, 0L), (status.Errors, status.PointsDropped, status.PointsRejected));
        Assert.Equal(status.PointsCollected, status.PointsWritten + status.PointsReplayed);
        Assert.Equal(3, _fixture.Warnings.Count(warning => warning.Contains(StorePath + "-wal", StringComparison.Ordinal)));
        await AssertAllThereAsync(status.PointsCollected);
    }

    /// <summary>A short queue, so that a stop has little to write.</summary>
    private TelemetryCollectorOptions Options(FaultyHypervisor hypervisor, EmbeddedStore store) =>
        _fixture.Options(hypervisor, store, null) with { QueueCapacity = 300, StopTimeout = Ceiling };

    private (FileIdentity? Log, FileIdentity? Index) Log() => (FileIdentity.Of(StorePath + "-wal"), FileIdentity.Of(StorePath + "-shm"));

    /// <summary>The collector has written some more.</summary>
    private static async Task WriteOnAsync(TelemetryCollector collector)
    {
        long before = collector.Status.PointsWritten;
        await Until(() => collector.Status.PointsWritten >= before + 30);
    }

    private static async Task Until(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Ceiling, "It did not come to it within its bound.");
            await Task.Delay(20);
        }
    }

    /// <summary>As this module, sqlite3 and SQLite's own check see it.</summary>
    private async Task AssertAllThereAsync(long points)
    {
        Assert.Equal(points, await SqlitePrograms.CountAsync(StorePath));
        Assert.Equal("ok", await SqlitePrograms.ShellAsync(StorePath, "PRAGMA integrity_check"));
        await using EmbeddedStore fresh = EmbeddedStore.Open(StorePath, null);
        long rows = 0;
        await foreach (StoreRow row in fresh.QueryAsync(new StoreQuery("vm_totals"), default))
        {
            rows++;
        }

        Assert.Equal(points, rows);
    }
}
