using VmStats.Configuration;
using VmStats.Connections;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Core.Tests.Stores;

/// <summary>A store that is opened by its first use: nobody waits for that but who asks it something.</summary>
public sealed class DeferredStoreTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("vmstats-deferred-").FullName;

    private string FilePath => Path.Combine(_folder, "t.db");

    [Fact]
    public async Task A_file_is_not_touched_before_it_is_asked_something()
    {
        VmStats.Infrastructure.Infrastructure infrastructure = new();
        ConnectionOptions options = new() { Url = StoreAddress.FromPath(FilePath) };
        await using ITelemetryStore deferred = StoreFactory.OpenDeferred(options, infrastructure);
        StoreInfo before = deferred.Info;
        Assert.False(File.Exists(FilePath));
        Point point = new(new PointShape("m", ["t"], ["f"]), 1_000_000_000, ["a"], [FieldValue.From(1L)]);
        Assert.Equal(1, (await deferred.WriteAsync([point], default)).Written);
        List<StoreRow> rows = [];
        await foreach (StoreRow row in deferred.QueryAsync(new StoreQuery("m"), default))
        {
            rows.Add(row);
        }

        Assert.Single(rows);
        Assert.NotNull(await deferred.GetSchemaAsync("m", default));
        await using ITelemetryStore eager = StoreFactory.Open(options, infrastructure);
        Assert.Equal((eager.Info, eager.Info), (before, deferred.Info));
    }

    [Fact]
    public async Task What_fails_to_open_says_so_to_who_asks_and_is_tried_again()
    {
        await File.WriteAllTextAsync(FilePath, "no database at all, and long enough");
        await using ITelemetryStore deferred = StoreFactory.OpenDeferred(new ConnectionOptions { Url = StoreAddress.FromPath(FilePath) }, new VmStats.Infrastructure.Infrastructure());
        VmStatsException refused = await Assert.ThrowsAnyAsync<VmStatsException>(() => deferred.ProbeAsync(default).AsTask());
        Assert.Equal("NotAVmStatsDatabase", refused.ErrorId);
        File.Delete(FilePath);
        Assert.Equal(StoreKind.Embedded, (await deferred.ProbeAsync(default)).Kind);
    }

    [Fact]
    public async Task One_that_takes_for_ever_to_open_can_be_left_and_closed_and_is_closed_when_it_is_open()
    {
        TaskCompletionSource goOn = new(), closed = new();
        DeferredStore deferred = new(new StoreInfo(StoreKind.Embedded, FilePath, "t.db"), () =>
        {
            goOn.Task.Wait();
            return new Closing(closed);
        });
        using CancellationTokenSource patience = new();
        Task asking = deferred.ProbeAsync(patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(s_patience));
        await deferred.DisposeAsync().AsTask().WaitAsync(s_patience);
        Assert.False(closed.Task.IsCompleted);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => deferred.ProbeAsync(default).AsTask());
        goOn.SetResult();
        await closed.Task.WaitAsync(s_patience);
    }

    [Fact]
    public void What_is_wrong_with_the_address_is_said_at_once()
    {
        ConnectionOptions options = new() { Url = new Uri("ftp://host/x"), UrlSource = "-Url" };
        Assert.Equal("InvalidUrl", Assert.Throws<VmStatsException>(() => StoreFactory.OpenDeferred(options, new VmStats.Infrastructure.Infrastructure())).ErrorId);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Closing(TaskCompletionSource closed) : ITelemetryStore
    {
        public StoreInfo Info => throw new NotSupportedException();

        public ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            closed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
