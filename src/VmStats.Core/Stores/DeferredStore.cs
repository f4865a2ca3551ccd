using System.Runtime.CompilerServices;
using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A store that is opened on first use, on a separate thread, because opening a file may have to wait for another process to
/// release its lock. If opening fails, the next call tries again.
/// </summary>
/// <param name="info">The store's kind and address, which are known without opening it.</param>
/// <param name="open">Opens the store.</param>
internal sealed class DeferredStore(StoreInfo info, Func<ITelemetryStore> open) : ITelemetryStore
{
    private readonly object _gate = new();
    private Task<ITelemetryStore>? _opening;
    private bool _isClosed;

    /// <inheritdoc/>
    public StoreInfo Info => _opening is { IsCompletedSuccessfully: true } opened ? opened.Result.Info : info;

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> ProbeAsync(CancellationToken cancellationToken)
    {
        ITelemetryStore store = await OpenedAsync(cancellationToken).ConfigureAwait(false);
        return await store.ProbeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<MeasurementSchema?> GetSchemaAsync(string measurement, CancellationToken cancellationToken)
    {
        ITelemetryStore store = await OpenedAsync(cancellationToken).ConfigureAwait(false);
        return await store.GetSchemaAsync(measurement, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreRow> QueryAsync(StoreQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ITelemetryStore store = await OpenedAsync(cancellationToken).ConfigureAwait(false);
        await foreach (StoreRow row in store.QueryAsync(query, cancellationToken).ConfigureAwait(false))
        {
            yield return row;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        ITelemetryStore store = await OpenedAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(points, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>A store that is still being opened is closed once it is open; disposal doesn't wait for that.</remarks>
    public async ValueTask DisposeAsync()
    {
        Task<ITelemetryStore>? opening;
        lock (_gate)
        {
            _isClosed = true;
            opening = _opening;
        }

        if (opening is { IsCompletedSuccessfully: true })
        {
            await opening.Result.DisposeAsync().ConfigureAwait(false);
        }
        else if (opening is not null)
        {
            _ = opening.ContinueWith(
                static opened => opened.Result.DisposeAsync().AsTask(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
    }

    private Task<ITelemetryStore> OpenedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_opening is null or { IsFaulted: true })
            {
                _opening = Task.Factory.StartNew(open, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            return _opening.WaitAsync(cancellationToken);
        }
    }
}
