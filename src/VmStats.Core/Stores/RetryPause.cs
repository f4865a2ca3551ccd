using VmStats.Influx;

namespace VmStats.Stores;

/// <summary>Keeps the pause that a server asked for (Retry-After) before the next attempt.</summary>
internal sealed class RetryPause
{
    private long _until;

    /// <summary>Waits out the pause, then calls.</summary>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(Volatile.Read(ref _until) - Environment.TickCount64);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await call(cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (e.RetryAfter is { } asked)
        {
            Volatile.Write(ref _until, Environment.TickCount64 + (long)BackOff.Asked(asked).TotalMilliseconds);
            throw;
        }
    }
}
