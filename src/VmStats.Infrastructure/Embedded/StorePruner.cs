using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Runs work in a writer's turn.</summary>
internal delegate ValueTask<T> WriterTurn<T>(Func<BatchWriter, T> work, CancellationToken cancellationToken);

/// <summary>
/// Deletes what is older than a store's retention period, once a minute while there are writes: counted first, then slice by
/// slice, each in a turn of the writer, so that a write waits for one slice at most. A pass that would take more than an
/// eighth of the points is held back, and told with every write.
/// </summary>
internal sealed class StorePruner(
    string path, TimeSpan period, TimeProvider time, TimeSpan lockTimeout, WriterTurn<PrunedSlice> inTurn) : IAsyncDisposable
{
    private static readonly TimeSpan s_betweenPasses = TimeSpan.FromMinutes(1);

    // Counting all of a large store takes seconds, and a person needs longer.
    private static readonly TimeSpan s_betweenHeldBack = TimeSpan.FromHours(1);

    // What a write waits for the count, so that it can tell; and what an end waits for a pass, so that a run of one poll prunes.
    private static readonly TimeSpan s_waitLimit = TimeSpan.FromSeconds(5);

    private readonly RetentionClock _clock = new(period, time);
    private readonly CancellationTokenSource _closing = new();
    private readonly object _lock = new();
    private Task _pass = Task.CompletedTask;
    private bool _hasStarted;
    private long? _lastPass;
    private volatile bool _mayDelete;
    private volatile string? _warning;

    /// <summary>Why the last pass deleted nothing, or not all; null when all is well. Nobody waits for a pass, so nobody else would tell.</summary>
    public string? Warning => _warning;

    /// <summary>The pass that is under way, or the last one.</summary>
    public Task Pass => _pass;

    /// <summary>Points of telemetry before this time are refused. None is while it isn't known whether a pass would delete it.</summary>
    public long OldestAccepted => _mayDelete ? _clock.OldestKept() : long.MinValue;

    /// <summary>Looks, before the first write to a file, what was stored before.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        if (!_hasStarted)
        {
            using StoreReader reader = StoreReader.Open(path, lockTimeout, cancellationToken);
            StoredSchema schema = reader.Schema(null);
            _clock.Start(reader.Read(session => RetentionPruner.Newest(session, schema)));
            _hasStarted = true;
        }
    }

    /// <summary>Forgets the file: another is at its path.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _hasStarted = false;
            _mayDelete = false;
            _lastPass = null;
        }
    }

    /// <summary>Begins a pass when one is due.</summary>
    /// <returns>Done when it is known what the pass does.</returns>
    public Task PruneWhenDueAsync()
    {
        lock (_lock)
        {
            TimeSpan pause = _mayDelete || _lastPass is null || !_pass.IsCompletedSuccessfully ? s_betweenPasses : s_betweenHeldBack;
            bool isDue = _pass.IsCompleted && !_closing.IsCancellationRequested
                && (_lastPass is not long last || time.GetElapsedTime(last) >= pause);
            if (!isDue)
            {
                return Task.CompletedTask;
            }

            _lastPass = time.GetTimestamp();
            Task<PruningPlan?> plan = BlockingWork.RunAsync(() => Plan(_closing.Token), CancellationToken.None);
            _pass = PruneAsync(plan, _closing.Token);
            return Task.WhenAny(plan, Task.Delay(s_waitLimit));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_pass, Task.Delay(s_waitLimit)).ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _pass.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    /// <summary>Counts what a pass would delete; null when it is held back.</summary>
    private PruningPlan? Plan(CancellationToken cancellationToken)
    {
        long oldest = _clock.OldestKept();
        using StoreReader reader = StoreReader.Open(path, lockTimeout, cancellationToken);
        StoredSchema schema = reader.Schema(null);
        (long points, long total) = reader.Read(session => RetentionPruner.Count(session, schema, oldest, countsAll: false));
        PruningPlan plan = new(
            period, oldest, time.GetUtcNow(), _clock.Newest is long newest ? UnixTime.FromNanoseconds(newest) : null, points, total);
        _mayDelete = plan.IsWithinLimit;
        if (plan.IsWithinLimit)
        {
            return plan;
        }

        _warning = plan.HeldBack(EmbeddedStore.ConnectCommandTo(path));
        return null;
    }

    private async Task PruneAsync(Task<PruningPlan?> counted, CancellationToken cancellationToken)
    {
        try
        {
            if (await counted.ConfigureAwait(false) is PruningPlan plan)
            {
                bool isMoreLeft = plan.Points > 0;
                while (isMoreLeft)
                {
                    PrunedSlice slice = await inTurn(
                        writer => RetentionPruner.PruneSlice(writer, plan.OldestKept, cancellationToken), cancellationToken)
                        .ConfigureAwait(false);
                    isMoreLeft = slice.IsMoreLeft;
                }

                _warning = null;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _warning = $"Points older than the retention period could not be deleted: {e.Message}";
            throw;
        }
    }
}
