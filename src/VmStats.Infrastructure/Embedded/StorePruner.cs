using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Runs work while holding the writer's lock.</summary>
internal delegate ValueTask<T> WithWriterLock<T>(Func<BatchWriter, T> work, CancellationToken cancellationToken);

/// <summary>
/// Deletes points that are older than a store's retention period, once a minute while there are writes. A pass counts the
/// points first, then deletes them slice by slice, taking the writer's lock for each slice, so that a write waits for one
/// slice at most. A pass that would delete more than an eighth of the points is held back, and each write reports a warning.
/// </summary>
internal sealed class StorePruner(
    string path, TimeSpan period, TimeProvider time, TimeSpan lockTimeout, WithWriterLock<PrunedSlice> inTurn) : IAsyncDisposable
{
    private static readonly TimeSpan s_passInterval = TimeSpan.FromMinutes(1);

    // Longer, because counting all points of a large store takes seconds, and a held-back pass needs a decision by the user.
    private static readonly TimeSpan s_heldBackInterval = TimeSpan.FromHours(1);

    // The maximum time that a write waits for the count, so that it can report a held-back pass, and that closing waits for a
    // pass, so that a process that polls only once prunes as well.
    private static readonly TimeSpan s_maximumWait = TimeSpan.FromSeconds(5);

    private readonly RetentionClock _clock = new(period, time);
    private readonly CancellationTokenSource _closing = new();
    private readonly object _lock = new();
    private Task _pass = Task.CompletedTask;
    private bool _hasStarted;
    private long? _lastPass;
    private volatile bool _mayDelete;
    private volatile string? _warning;

    /// <summary>
    /// The reason why the last pass was held back or failed; null if it succeeded. Passes run in the background, so the next
    /// write reports it.
    /// </summary>
    public string? Warning => _warning;

    /// <summary>The current or most recent pass.</summary>
    public Task Pass => _pass;

    /// <summary>Telemetry points before this time are rejected. No point is rejected until a pass has been found to be within the limit.</summary>
    public long OldestAccepted => _mayDelete ? _clock.OldestKept() : long.MinValue;

    /// <summary>Reads the newest stored time before the first write to a file.</summary>
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

    /// <summary>Resets the state because a different file is at the path now.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _hasStarted = false;
            _mayDelete = false;
            _lastPass = null;
        }
    }

    /// <summary>Starts a pass if one is due.</summary>
    /// <returns>A task that completes when the pass has counted its points, or after five seconds.</returns>
    public Task PruneWhenDueAsync()
    {
        lock (_lock)
        {
            TimeSpan interval = _mayDelete || _lastPass is null || !_pass.IsCompletedSuccessfully ? s_passInterval : s_heldBackInterval;
            bool isDue = _pass.IsCompleted && !_closing.IsCancellationRequested
                && (_lastPass is not long last || time.GetElapsedTime(last) >= interval);
            if (!isDue)
            {
                return Task.CompletedTask;
            }

            _lastPass = time.GetTimestamp();
            Task<PruningPlan?> plan = BlockingWork.RunAsync(() => Plan(_closing.Token), CancellationToken.None);
            _pass = PruneAsync(plan, _closing.Token);
            return Task.WhenAny(plan, Task.Delay(s_maximumWait));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_pass, Task.Delay(s_maximumWait)).ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _pass.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    /// <summary>Counts the points that a pass would delete; returns null if the pass is held back.</summary>
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
