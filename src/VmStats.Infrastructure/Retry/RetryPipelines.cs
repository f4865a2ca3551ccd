using System.Collections.Concurrent;
using Polly;
using Polly.Retry;
using VmStats.Stores;

namespace VmStats.Infrastructure.Retry;

/// <summary>Creates and caches one retry pipeline per number of attempts: exponential back-off with jitter, or the delay that the server requests.</summary>
internal sealed class RetryPipelines(TimeProvider time)
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_maximumBackOff = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, ResiliencePipeline> _pipelines = new();

    /// <summary>Runs a call, and retries it while it fails with a transient error and attempts are left.</summary>
    public ValueTask<T> RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, int attempts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        return attempts == 1
            ? call(cancellationToken)
            : _pipelines.GetOrAdd(attempts, Build).ExecuteAsync(static (c, token) => c(token), call, cancellationToken);
    }

    private ResiliencePipeline Build(int attempts) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = s_firstDelay,
                MaxDelay = s_maximumBackOff,
                ShouldHandle = static arguments => ValueTask.FromResult(ShouldRetry(arguments.Outcome.Exception)),
                DelayGenerator = static arguments =>
                    ValueTask.FromResult((arguments.Outcome.Exception as VmStatsException)?.RetryAfter),
            })
            .Build();

    // If the server requests a longer delay than the maximum, the call isn't retried and the failure is reported.
    private static bool ShouldRetry(Exception? failure) =>
        failure is VmStatsException { IsTransient: true } e && !(e.RetryAfter > BackOff.Maximum);
}
