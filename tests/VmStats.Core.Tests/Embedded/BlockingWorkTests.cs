using System.Collections.Concurrent;
using VmStats.Infrastructure.Embedded;

namespace VmStats.Core.Tests.Embedded;

/// <summary>SQLite waits for a lock on the thread that calls it: that must be none of the pool's, which the rest of the process lives on.</summary>
public sealed class BlockingWorkTests : AsyncTest
{
    private readonly StoreFixture _fixture = new();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_write_and_a_read_wait_on_threads_of_their_own()
    {
        WatchedClock clock = new();
        EmbeddedStore store = _fixture.Open(TimeSpan.FromDays(30), clock);

        clock.OnPool.Clear();
        await store.WriteAsync([StoreFixture.Vm("1", "u1", 0, 1)], default);
        Assert.Contains(false, clock.OnPool);

        clock.OnPool.Clear();
        await store.PlanPruningAsync(TimeSpan.FromDays(1), default);
        Assert.Contains(false, clock.OnPool);
        Assert.False(await BlockingWork.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread, default));
    }

    // The store asks it within its work.
    private sealed class WatchedClock : TimeProvider
    {
        public ConcurrentQueue<bool> OnPool { get; } = [];

        public override DateTimeOffset GetUtcNow()
        {
            OnPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            return base.GetUtcNow();
        }
    }
}
