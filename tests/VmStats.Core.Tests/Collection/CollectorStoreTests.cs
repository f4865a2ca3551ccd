using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using VmStats.Collection;
using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Core.Tests.Embedded;
using VmStats.Core.Tests.Hypervisors;
using VmStats.Core.Tests.Stores.Influx;
using VmStats.Infrastructure.Embedded;
using VmStats.Points;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Spool;
using static VmStats.Core.Tests.Collection.CollectorFixture;

namespace VmStats.Core.Tests.Collection;

/// <summary>The collector when the store fails: no point is lost, none comes under another time, and the status says it.</summary>
public sealed class CollectorStoreTests : AsyncTest
{
    private readonly CollectorFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task What_waited_for_the_store_is_replayed_in_order_with_its_own_times()
    {
        await using FaultyHypervisor hypervisor = new(Running);
        FaultyStore store = new(_fixture.Store, write => write is > 3 and <= 12 ? FaultyStore.Away : null);
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, store, 10));
        Assert.Equal((30L, 9L, 9L, 21L), (status.PointsCollected, status.PointsSpooled, status.PointsReplayed, status.PointsWritten));
        Assert.Equal((9L, 0L, 0L), (status.Errors, status.PointsDropped, status.PointsRejected));
        Assert.Equal(2, _fixture.Warnings.Count);
        Assert.Contains(FaultyStore.Away.Message, _fixture.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("accepts points again", _fixture.Warnings[1], StringComparison.Ordinal);

        // Three points a poll: the second to the fourth poll waited.
        long[] replayed = [.. store.Written.Select(point => (point.Time - StoreFixture.T0) / StoreFixture.Second / 10).Where(poll => poll is >= 2 and <= 4)];
        Assert.Equal([2, 2, 2, 3, 3, 3, 4, 4, 4], replayed);
        List<VmTelemetry> samples = await _fixture.SamplesAsync();
        Assert.Equal(30, samples.Count);
        Assert.All(samples.Skip(3), sample => Assert.Equal((10.0, TelemetryQuality.Ok), (sample.CpuPercent, sample.Quality)));
        Assert.Empty(Segments());
    }

    [Theory]
    [InlineData(InfluxApi.V3)]
    [InlineData(InfluxApi.V1)]
    public async Task What_a_proxys_page_answered_waits_until_it_is_acknowledged(InfluxApi api)
    {
        // A proxy that wants a sign-in says 200 to everything; then the server behind it has its turn.
        bool isSignedIn = false;
        List<string> stored = [];
        using AnsweringHandler proxy = new(request =>
        {
            if (!request.RequestUri!.AbsolutePath.Contains("write", StringComparison.Ordinal))
            {
                return new(HttpStatusCode.OK) { Content = new StringContent(api == InfluxApi.V3 ? "" : """{"results":[{"statement_id":0}]}""") };
            }

            if (!isSignedIn)
            {
                return new(HttpStatusCode.OK) { Content = new StringContent("<html>Please sign in</html>") };
            }

            stored.AddRange(request.Content!.ReadAsStringAsync().GetAwaiter().GetResult().TrimEnd('\n').Split('\n'));
            return new(HttpStatusCode.NoContent);
        });
        ConnectionOptions connection = new() { Url = new Uri("https://influx.example.org"), Database = "vms", Api = api };
        await using InfluxStore store = new(connection, new VmStats.Infrastructure.Infrastructure(), proxy);
        await using FaultyHypervisor hypervisor = new(Running);
        VmTelemetryCollectorStatus page = await _fixture.RunAsync(_fixture.Options(hypervisor, store, 2));
        Assert.Equal((6L, 0L, 0L, 0L), (page.PointsSpooled, page.PointsWritten, page.PointsRejected, page.PointsDropped));
        Assert.Contains("Please sign in", page.LastError, StringComparison.Ordinal);
        Assert.NotEmpty(Segments());

        isSignedIn = true;
        VmTelemetryCollectorStatus next = await _fixture.RunAsync(_fixture.Options(hypervisor, store, 1));
        Assert.Equal((3L, 6L, 0L), (next.PointsWritten, next.PointsReplayed, next.PointsRejected));
        Assert.Equal(9, stored.Count);
        Assert.Empty(Segments());
    }

    [Fact]
    public async Task While_the_store_is_away_not_every_batch_waits_for_it()
    {
        await using FaultyHypervisor hypervisor = new(Running);
        FaultyStore store = new(_fixture.Store, _ => FaultyStore.Away);
        TelemetryCollectorOptions options = _fixture.Options(hypervisor, store, 5) with { Clock = new ManualTime(DateTimeOffset.UnixEpoch) };
        VmTelemetryCollectorStatus down = await _fixture.RunAsync(options);
        Assert.Equal((1, 15L, 1L), (store.Writes, down.PointsSpooled, down.Errors));
        Assert.Single(_fixture.Warnings);

        // What runs next brings it in.
        VmTelemetryCollectorStatus next = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, 1));
        Assert.Equal((3L, 15L), (next.PointsWritten, next.PointsReplayed));
        Assert.Equal(18, (await _fixture.SamplesAsync()).Count);
    }

    [Fact]
    public async Task A_store_that_asks_for_a_longer_pause_is_left_alone_for_as_long_and_the_warning_says_so()
    {
        await using FaultyHypervisor hypervisor = new(Running);
        FaultyStore store = new(_fixture.Store, _ => new InfluxFailures(new ConnectionOptions(), "http://influx.example.org", new ClientIdentity(new ConnectionOptions()))
            .FromText("slow down", HttpStatusCode.TooManyRequests, TimeSpan.FromMinutes(10)));

        // The fixture's clock is a minute later at each look, and each of the twelve batches looks at it.
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, store, 4));
        Assert.Equal((12L, 0L), (status.PointsSpooled, status.PointsDropped));
        Assert.InRange(store.Writes, 1, 3);
        Assert.Contains("asks clients to wait 00:10:00", Assert.Single(_fixture.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_store_file_is_a_store_that_is_away_not_points_to_be_refused()
    {
        string path = Path.Combine(_fixture.Files.Folder, "damaged.db");
        await using EmbeddedStore damaged = EmbeddedStore.Open(path, null);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        Array.Fill(bytes, (byte)0xFF, 100, bytes.Length - 100);
        await File.WriteAllBytesAsync(path, bytes);

        await using FaultyHypervisor hypervisor = new(Running);
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, damaged, 2));
        Assert.Equal((6L, 0L, 0L), (status.PointsSpooled, status.PointsRejected, status.PointsWritten));
        Assert.Contains("damaged.db", status.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_that_the_store_breaks_off_goes_on_with_the_next()
    {
        await using FaultyHypervisor hypervisor = new(Running);
        FaultyStore away = new(_fixture.Store, _ => FaultyStore.Away);
        TelemetryCollectorOptions first = _fixture.Options(hypervisor, away, 4);
        await _fixture.RunAsync(first with
        {
            // A segment a batch.
            Spool = new PointSpool(away.Info, new SpoolOptions { Root = _fixture.SpoolRoot, SegmentSize = 1 }),
        });
        Assert.Equal(12, Segments().Length);

        FaultyStore breaksOff = new(_fixture.Store, write => write > 6 ? FaultyStore.Away : null);
        VmTelemetryCollectorStatus part = await _fixture.RunAsync(_fixture.Options(hypervisor, breaksOff, 1));
        Assert.Equal(6, part.PointsWritten + part.PointsReplayed);
        VmTelemetryCollectorStatus rest = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, 1));
        Assert.Equal(12 + 3 + 3, part.PointsWritten + part.PointsReplayed + rest.PointsWritten + rest.PointsReplayed);
        Assert.Equal(0, part.PointsDropped + rest.PointsDropped);
        Assert.Empty(Segments());
        Assert.Equal(18, (await _fixture.SamplesAsync()).Count);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_a_store_that_hangs()
    {
        TaskCompletionSource hangs = new();
        FaultyStore store = new(_fixture.Store, (_, cancellationToken) =>
        {
            hangs.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        await using FaultyHypervisor hypervisor = new(Running);
        TelemetryCollectorOptions options = _fixture.Options(hypervisor, store, null) with { StopTimeout = TimeSpan.FromMilliseconds(50) };
        await using TelemetryCollector collector = _fixture.Start(options);
        await hangs.Task.WaitAsync(Ceiling);
        await collector.StopAsync(default).WaitAsync(Ceiling);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Equal((TelemetryCollectorState.Stopped, 0L, status.PointsCollected), (status.State, status.PointsWritten, status.PointsSpooled + status.PointsDropped));
        Assert.True(status.PointsSpooled > 0);
        Assert.NotEmpty(Segments());
    }

    [Fact]
    public async Task Without_a_spool_what_the_store_does_not_take_is_counted_as_lost()
    {
        await using FaultyHypervisor hypervisor = new(Running);
        FaultyStore store = new(_fixture.Store, _ => FaultyStore.Away);
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, store, 2) with { Spool = null });
        Assert.Equal((6L, 0L), (status.PointsDropped, status.PointsSpooled));
    }

    [Fact]
    public async Task Refused_points_are_kept_with_their_reason_and_stop_no_others()
    {
        PointShape odd = new("vm_totals", ["name"], ["state"]);
        await _fixture.Store.WriteAsync([new Point(odd, 1, ["x"], [FieldValue.From(true)])], default);
        await using FaultyHypervisor hypervisor = new((poll, fleet) => Running(poll, fleet)
            .Select(vm => vm.Vm.Name == "vm1" ? vm with { Vm = vm.Vm with { State = VmState.Crashed } } : vm).ToArray());
        TelemetryCollectorOptions options = _fixture.Options(hypervisor, _fixture.Store, 2) with { BatchMaxLines = 100 };
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(options);
        Assert.Equal((4L, 2L, 0L), (status.PointsWritten, status.PointsRejected, status.PointsSpooled));
        string[] lines = await File.ReadAllLinesAsync(options.Spool!.Rejects.Path);
        Assert.Equal(2, lines.Length);
        using JsonDocument reject = JsonDocument.Parse(lines[0]);
        Assert.Equal(status.LastError, reject.RootElement.GetProperty("reason").GetString());
        Assert.Equal("2026-01-01T00:00:10.000000000Z", reject.RootElement.GetProperty("time").GetString());
        Assert.Equal("vm1", reject.RootElement.GetProperty("tags").GetProperty("name").GetString());
        Assert.Equal((int)VmState.Crashed, reject.RootElement.GetProperty("fields").GetProperty("state").GetInt32());
    }

    [Fact]
    public async Task Counters_that_a_column_of_floats_can_not_hold_are_written_rounded_and_that_is_told_once()
    {
        const long Beyond = (1L << 53) + 1;
        await _fixture.Store.WriteAsync([new Point(new PointShape("vm_totals", ["name"], ["cputime"]), 1, ["x"], [FieldValue.From(0.5)])], default);
        await using FaultyHypervisor hypervisor = new((poll, fleet) => [.. Running(poll, fleet).Select(vm => vm with { CpuTime = vm.CpuTime + Beyond })]);
        VmTelemetryCollectorStatus status = await _fixture.RunAsync(_fixture.Options(hypervisor, _fixture.Store, 3));
        Assert.Equal((9L, 0L), (status.PointsWritten, status.PointsRejected));
        Assert.Contains("rounded: vm_totals.cputime (float)", Assert.Single(_fixture.Warnings), StringComparison.Ordinal);
        Assert.Equal(_fixture.Warnings[0], status.LastError);
    }

    [Fact]
    public async Task A_failed_pruning_is_an_error_in_the_status_and_told_once()
    {
        // One that is too old, and enough beside it that its pruning is an ordinary one.
        await _fixture.Store.WriteAsync([StoreFixture.Vm("1", "a", -1_000_000, 1), .. Enumerable.Range(1, 20).Select(i => StoreFixture.Vm("1", "a", -i, i))], default);
        using (SqliteConnection connection = new($"Data Source={_fixture.Files.FilePath};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TRIGGER broken BEFORE DELETE ON data_1 BEGIN SELECT RAISE(FAIL, 'no deleting today'); END";
            command.ExecuteNonQuery();
        }

        ManualTime clock = new(UnixTime.FromNanoseconds(StoreFixture.T0));
        EmbeddedStore store = _fixture.Files.Open(TimeSpan.FromDays(10), clock);
        await using FaultyHypervisor hypervisor = new(Running);
        await using TelemetryCollector collector = _fixture.Start(_fixture.Options(hypervisor, store, null) with { QueueCapacity = 30, StopTimeout = Ceiling });
        await VmStats.Fixtures.Eventually.TrueAsync("the failed pruning is told", Ceiling, () => Task.FromResult(collector.Status.Errors > 0));
        await collector.StopAsync(default).WaitAsync(Ceiling);
        VmTelemetryCollectorStatus status = collector.Status;
        Assert.Contains("no deleting today", status.LastError, StringComparison.Ordinal);
        Assert.Equal((1L, status.PointsCollected), (status.Errors, status.PointsWritten));
        Assert.Equal(status.LastError, Assert.Single(_fixture.Warnings));
    }

    private string[] Segments() => Directory.Exists(_fixture.SpoolRoot)
        ? Directory.GetFiles(_fixture.SpoolRoot, "*" + SpoolSegment.Extension, SearchOption.AllDirectories)
        : [];
}
