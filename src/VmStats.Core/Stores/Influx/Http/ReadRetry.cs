using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.ThirdParty;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// Tries reads of one server again that failed for the moment. Where the server asks for a pause (Retry-After), whatever is
/// read from it next waits for its end.
/// </summary>
internal sealed class ReadRetry(IInfrastructure infrastructure)
{
    private const int Attempts = 4;
    private long _pauseUntil;

    /// <summary>Reads.</summary>
    public ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        infrastructure.RetryAsync(token => AfterPauseAsync(read, token), Attempts, cancellationToken);

    /// <summary>Asks, and waits for the first row. What has been given out can't be taken back: it is tried again only until then.</summary>
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
        catch (InfluxException e) when (e.RetryAfter is { } asked)
        {
            Volatile.Write(ref _pauseUntil, Environment.TickCount64 + (long)BackOff.FromRetryAfter(asked).TotalMilliseconds);
            throw;
        }
    }
}
