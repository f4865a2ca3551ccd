using VmStats.Connections;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Collection;

/// <summary>
/// Takes batches from the queue and brings them to the store, or, while it can't be reached, to the spool. Newer points
/// never wait for older ones: the spool is replayed beside them once a write has succeeded.
/// </summary>
internal sealed class PointWriter(
    TelemetryCollectorOptions options, PointQueue queue, CollectorCounters counters, Action<string> warn)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestAsked = TimeSpan.FromMinutes(15);

    private readonly PointConformer _conformer = new(options.Store, TagVocabulary.Rules);
    private readonly SpoolReplayer? _replayer =
        options.Spool is null ? null : new SpoolReplayer(options.Spool, new PointConformer(options.Store, TagVocabulary.Rules));
    private string? _warning;
    private TimeSpan _pause;
    private int _failures;
    private long _pausedAt;
    private Task _replay = Task.CompletedTask;

    /// <summary>Writes until the queue is complete and empty. After <paramref name="stop"/> all goes to the spool at once.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        RefuseUnsafeSpool();
        while (await queue.TakeAsync(options.BatchMaxLines, options.BatchMaxTime, CancellationToken.None).ConfigureAwait(false)
            is IReadOnlyList<Point> batch)
        {
            if (stop.IsCancellationRequested || IsPaused())
            {
                Spool(batch);
            }
            else
            {
                await WriteOrSpoolAsync(batch, stop).ConfigureAwait(false);
            }
        }

        await FinishReplayAsync(stop).ConfigureAwait(false);
    }

    // While the store is away, not every batch waits for it in vain.
    private bool IsPaused() => _pause > TimeSpan.Zero && options.Clock.GetElapsedTime(_pausedAt) < _pause;

    private async ValueTask WriteOrSpoolAsync(IReadOnlyList<Point> batch, CancellationToken stop)
    {
        try
        {
            WriteResult result = options.Retry is null
                ? await _conformer.WriteAsync(batch, stop).ConfigureAwait(false)
                : await options.Retry(token => _conformer.WriteAsync(batch, token), stop).ConfigureAwait(false);
            counters.Update(status => status with
            {
                PointsWritten = status.PointsWritten + result.Written,
                FieldsLeftOut = status.FieldsLeftOut + result.FieldsLeftOut,
            });
            Reject(result.Rejected);
            Report(result.Warning);
            if (_pause > TimeSpan.Zero)
            {
                warn($"The store {options.Store.Info.Address} takes points again.");
                _pause = TimeSpan.Zero;
                _failures = 0;
            }

            StartReplay(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Spool(batch);
        }
        catch (Exception e)
        {
            // Points that the store refuses are in its result; a failure is the store's, whatever its kind, and the points wait.
            Pause(WriteTarget.WayOutOf(e) is { } wayOut ? $"{e.Message} {wayOut}" : e.Message, (e as VmStatsException)?.RetryAfter);
            Spool(batch);
        }
    }

    /// <summary>Tells what the store's upkeep failed at once, not with every batch.</summary>
    private void Report(string? warning)
    {
        if (warning is not null && warning != _warning)
        {
            counters.Fail(warning);
            warn(warning);
        }

        _warning = warning;
    }

    private void Pause(string reason, TimeSpan? asked)
    {
        counters.Fail(reason);
        if (_pause == TimeSpan.Zero)
        {
            warn($"The store can't be written to; points wait in the spool. {reason}");
        }

        _pause = BackOff.After(++_failures, s_firstPause, s_longestPause);
        if (asked > _pause)
        {
            // As long as the server asks: each attempt before would be refused, and prolong it.
            _pause = BackOff.Asked(asked.Value, s_longestAsked);
        }

        _pausedAt = options.Clock.GetTimestamp();
    }

    private void Spool(IReadOnlyList<Point> batch)
    {
        if (options.Spool is null)
        {
            counters.Update(status => status with { PointsDropped = status.PointsDropped + batch.Count });
            return;
        }

        try
        {
            long dropped = options.Spool.Append(batch);
            counters.Update(status => status with
            {
                PointsSpooled = status.PointsSpooled + batch.Count,
                PointsDropped = status.PointsDropped + dropped,
            });
        }
        catch (VmStatsException e)
        {
            counters.Update(status => status with { PointsDropped = status.PointsDropped + batch.Count });
            counters.Fail(e.Message);
            warn(e.Message);
        }
    }

    // Told at the start: when the spool is needed it is too late.
    private void RefuseUnsafeSpool()
    {
        try
        {
            options.Spool?.ThrowIfUnsafe();
        }
        catch (VmStatsException e)
        {
            counters.Fail(e.Message);
            warn(e.Message);
        }
    }

    private void Reject(IReadOnlyList<RejectedPoint> rejected)
    {
        if (rejected.Count == 0)
        {
            return;
        }

        counters.Update(status => status with { PointsRejected = status.PointsRejected + rejected.Count, LastError = rejected[0].Reason });
        try
        {
            options.Spool?.Rejects.Add(rejected);
        }
        catch (VmStatsException e)
        {
            counters.Fail(e.Message);
            warn(e.Message);
        }
    }

    private void StartReplay(CancellationToken stop)
    {
        if (_replayer is not null && _replay.IsCompleted && options.Spool!.HasPoints)
        {
            _replay = ReplayAsync(_replayer, stop);
        }
    }

    private async Task ReplayAsync(SpoolReplayer replayer, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            await foreach (SegmentReplay segment in replayer.ReplayAsync(stop).ConfigureAwait(false))
            {
                counters.Update(status => status with
                {
                    PointsReplayed = status.PointsReplayed + segment.Written,
                    PointsRejected = status.PointsRejected + segment.Rejected,
                    PointsDropped = status.PointsDropped + segment.Lost,
                    FieldsLeftOut = status.FieldsLeftOut + segment.FieldsLeftOut,
                });
                Report(segment.Warning);
                if (segment.Damage is { } damage)
                {
                    counters.Fail(damage);
                    warn(damage);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is not yet in the store is still in the spool.
        }
        catch (Exception e)
        {
            counters.Fail(e.Message);
        }
    }

    private async ValueTask FinishReplayAsync(CancellationToken stop)
    {
        await _replay.ConfigureAwait(false);
        if (!stop.IsCancellationRequested && _pause == TimeSpan.Zero)
        {
            StartReplay(stop);
            await _replay.ConfigureAwait(false);
        }

        options.Spool?.Seal();
    }
}
