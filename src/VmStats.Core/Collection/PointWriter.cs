using VmStats.Connections;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Spool;

namespace VmStats.Collection;

/// <summary>
/// Writes batches from the queue to the store, or to the spool while the store can't be reached. New points never wait for
/// older ones: once a write has succeeded, the spool is replayed in parallel.
/// </summary>
internal sealed class PointWriter(
    TelemetryCollectorOptions options, PointQueue queue, CollectorCounters counters, Action<string> warn)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_maximumPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_maximumRetryAfter = TimeSpan.FromMinutes(15);

    private readonly PointConformer _conformer = new(options.Store, TagVocabulary.Rules);
    private readonly SpoolReplayer? _replayer =
        options.Spool is null ? null : new SpoolReplayer(options.Spool, new PointConformer(options.Store, TagVocabulary.Rules));
    private string? _warning;
    private TimeSpan _pause;
    private int _failures;
    private long _pausedAt;
    private Task _replay = Task.CompletedTask;

    /// <summary>Writes until the queue is complete and empty. After <paramref name="stop"/>, the remaining points go straight to the spool.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        CheckSpool();
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

    // While the store is unreachable, most batches go straight to the spool instead of waiting for a timeout.
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
                warn($"The store {options.Store.Info.Address} accepts points again.");
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
            // Rejected points are listed in the result. Any exception means that the store failed, so the points go to the spool.
            Pause(WriteTarget.GetRecommendation(e) is { } wayOut ? $"{e.Message} {wayOut}" : e.Message, (e as VmStatsException)?.RetryAfter);
            Spool(batch);
        }
    }

    // Reports a failure of the store's maintenance only once, not for every batch.
    private void Report(string? warning)
    {
        if (warning is not null && warning != _warning)
        {
            counters.AddFailure(warning);
            warn(warning);
        }

        _warning = warning;
    }

    private void Pause(string reason, TimeSpan? retryAfter)
    {
        counters.AddFailure(reason);
        if (_pause == TimeSpan.Zero)
        {
            warn($"The store can't be written to; points wait in the spool. {reason}");
        }

        _pause = BackOff.After(++_failures, s_firstPause, s_maximumPause);
        if (retryAfter > _pause)
        {
            // Respect the server's Retry-After: earlier attempts would be refused, and might extend it.
            _pause = BackOff.FromRetryAfter(retryAfter.Value, s_maximumRetryAfter);
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
            counters.AddFailure(e.Message);
            warn(e.Message);
        }
    }

    // Checked at the start: once the spool is needed, it would be too late.
    private void CheckSpool()
    {
        try
        {
            options.Spool?.ThrowIfUnsafe();
        }
        catch (VmStatsException e)
        {
            counters.AddFailure(e.Message);
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
            counters.AddFailure(e.Message);
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
                    counters.AddFailure(damage);
                    warn(damage);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Points that are not yet in the store are still in the spool.
        }
        catch (Exception e)
        {
            counters.AddFailure(e.Message);
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
