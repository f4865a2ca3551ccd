using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// An answer that has begun: its first row is there, or it is known that there is none. So it was not refused, and what has
/// to be decided by that (another attempt, other columns, a shorter range) is decided before a row is given out.
/// </summary>
internal sealed class OpenedRows : IAsyncDisposable
{
    private readonly IAsyncEnumerator<StoreRow>? _rows;

    private OpenedRows(IAsyncEnumerator<StoreRow>? rows, bool any)
    {
        _rows = rows;
        Any = any;
    }

    /// <summary>No rows.</summary>
    public static OpenedRows None { get; } = new(null, any: false);

    /// <summary>True when there is a first row, which is the current one of <see cref="Rows"/>.</summary>
    public bool Any { get; }

    /// <summary>The rows, the first being the current one.</summary>
    public IAsyncEnumerator<StoreRow> Rows => _rows ?? throw new InvalidOperationException("There are no rows.");

    /// <summary>Asks, and waits for the first row.</summary>
    public static async ValueTask<OpenedRows> OpenAsync(IAsyncEnumerable<StoreRow> rows, CancellationToken cancellationToken)
    {
        IAsyncEnumerator<StoreRow> opened = rows.GetAsyncEnumerator(cancellationToken);
        try
        {
            return new OpenedRows(opened, await opened.MoveNextAsync().ConfigureAwait(false));
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _rows?.DisposeAsync() ?? default;
}
