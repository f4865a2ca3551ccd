using System.Collections.Concurrent;
using Polly;
using Polly.Retry;
using VmStats.Stores;

namespace VmStats.Infrastructure.Retry;

/// <summary>Retry pipelines, one per number of attempts: exponential back-off with jitter, or as long as the server asks.</summary>
internal sealed class RetryPipelines(TimeProvider time)
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestBackOff = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, ResiliencePipeline> _pipelines = new();

    /// <summary>Runs a call, and again while it fails with a transient failure.</summary>
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
                MaxDelay = s_longestBackOff,
                ShouldHandle = static arguments => ValueTask.FromResult(IsWorthAnother(arguments.Outcome.Exception)),
                DelayGenerator = static arguments =>
                    ValueTask.FromResult((arguments.Outcome.Exception as VmStatsException)?.RetryAfter),
            })
            .Build();

    // A server that asks for more than the longest wait gets its wish: nobody waits, the failure is reported.
    private static bool IsWorthAnother(Exception? failure) =>
        failure is VmStatsException { IsTransient: true } e && !(e.RetryAfter > BackOff.Maximum);
}
