using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.ThirdParty;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// Retries reads of one server after transient failures. If the server asks for a pause (Retry-After), every further read from it
/// waits until the pause is over.
/// </summary>
internal sealed class ReadRetry(IInfrastructure infrastructure)
{
    private const int Attempts = 4;
    private long _pauseUntil;

    /// <summary>Runs a read, with retries.</summary>
    public ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        infrastructure.RetryAsync(token => AfterPauseAsync(read, token), Attempts, cancellationToken);

    /// <summary>Runs a query and waits for its first row. It is retried only until then: rows that the caller has received can't be taken back.</summary>
    public ValueTask<OpenedRows> OpenAsync(IAsyncEnumerable<StoreRow> rows, CancellationToken cancellationToken) =>
        RunAsync(_ => OpenedRows.OpenAsync(rows, cancellationToken), cancellationToken);

    private async ValueTask<T> AfterPauseAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(Volatile.Read(ref _pauseUntil) - Environment.TickCount64);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await read(cancellationToken).ConfigureAwait(false);
        }
        catch (InfluxException e) when (e.RetryAfter is { } delay)
        {
            Volatile.Write(ref _pauseUntil, Environment.TickCount64 + (long)BackOff.FromRetryAfter(delay).TotalMilliseconds);
            throw;
        }
    }
}
