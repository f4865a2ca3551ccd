using VmStats.Hypervisors;
using VmStats.Points;
using VmStats.Stores;

namespace VmStats.Collection;

/// <summary>
/// Polls a hypervisor, timed by the hypervisor's clock, and queues the points. The n-th poll is due n intervals after the
/// first, so that neither the duration of polls nor timer delays accumulate; polls that are already overdue are skipped.
/// </summary>
internal sealed class HypervisorPoller(
    TelemetryCollectorOptions options, PointQueue queue, CollectorCounters counters, Action<string> warn)
{
    // Simulated times are whole milliseconds: of two polls in the same millisecond, the store would keep only the later one.
    private static readonly TimeSpan s_minimumDelay = TimeSpan.FromMilliseconds(1);
    private readonly TelemetryPointFactory _factory = new(options.Hypervisor.HostName, options.Hypervisor.IsSimulated);

    /// <summary>Polls until it is cancelled or has reached the number of polls.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeProvider clock = options.Hypervisor.Clock;
        DateTimeOffset due = clock.GetUtcNow();
        int failures = 0;
        for (int polls = 0; options.Count is null || polls < options.Count; polls++)
        {
            if (polls > 0)
            {
                DateTimeOffset polled = clock.GetUtcNow();
                due = Next(due, polled, failures);
                await WaitUntilAsync(clock, due, cancellationToken).ConfigureAwait(false);
                if (clock.GetUtcNow() - polled < s_minimumDelay)
                {
                    await Task.Delay(s_minimumDelay, clock, cancellationToken).ConfigureAwait(false);
                }
            }

            failures = await TryPollAsync(failures, cancellationToken).ConfigureAwait(false) ? 0 : failures + 1;
            if (options.Hypervisor.IsSimulated)
            {
                // A fast simulated clock may produce points faster than the store accepts them. The poller can wait, since nothing is missed meanwhile.
                await queue.WaitForSpaceAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private DateTimeOffset Next(DateTimeOffset due, DateTimeOffset now, int failures)
    {
        DateTimeOffset next = due + options.Interval;
        if (next - now > options.Interval)
        {
            // The clock was set back.
            return now + options.Interval;
        }

        if (failures > 0)
        {
            now += BackOff.After(failures, options.Interval) - options.Interval;
        }

        // A fast simulated clock may run ahead of this process for a moment: late polls are made up for immediately, so that
        // a given number of polls covers the expected time.
        if (next > now || (options.Hypervisor.IsSimulated && failures == 0))
        {
            return next;
        }

        long missed = (now - next).Ticks / options.Interval.Ticks + 1;
        if (failures == 0)
        {
            counters.Update(status => status with { PollsMissed = status.PollsMissed + missed });
        }

        return next + (options.Interval * missed);
    }

    private static Task WaitUntilAsync(TimeProvider clock, DateTimeOffset due, CancellationToken cancellationToken)
    {
        TimeSpan wait = due - clock.GetUtcNow();
        return wait > TimeSpan.Zero ? Task.Delay(wait, clock, cancellationToken) : Task.CompletedTask;
    }

    private async ValueTask<bool> TryPollAsync(int failuresBefore, CancellationToken cancellationToken)
    {
        DateTimeOffset begin = options.Hypervisor.Clock.GetUtcNow();
        long started = options.Clock.GetTimestamp();
        using CancellationTokenSource timeout = new(options.PollTimeout, options.Clock);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            IReadOnlyList<VmStatistics> vms = await options.Hypervisor.GetStatisticsAsync(linked.Token).ConfigureAwait(false);
            List<Point> points = new(vms.Count * 4);
            foreach (VmStatistics vm in vms)
            {
                _factory.Add(vm, points);
            }

            queue.Add(points);
            counters.Update(status => status with
            {
                Polls = status.Polls + 1,
                LastPollUtc = begin.UtcDateTime,
                PollDuration = options.Clock.GetElapsedTime(started),
                VmsMonitored = vms.Count,
                PointsCollected = status.PointsCollected + points.Count,
            });
            if (failuresBefore > 0)
            {
                warn($"The hypervisor {options.Hypervisor.Uri} responds again.");
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Fail($"The hypervisor {options.Hypervisor.Uri} has not answered a poll within {options.PollTimeout.TotalSeconds:0.#} s.", failuresBefore);
            return false;
        }
        catch (VmStatsException e)
        {
            Fail(e.Message, failuresBefore);
            return false;
        }
    }

    // One warning per outage, not one per failed poll.
    private void Fail(string message, int failuresBefore)
    {
        counters.AddFailure(message);
        if (failuresBefore == 0)
        {
            warn($"A poll failed and will be retried. {message}");
        }
    }
}
