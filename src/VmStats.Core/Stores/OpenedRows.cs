using VmStats.Points;

namespace VmStats.Stores;

/// <summary>
/// A result whose first row has been read, or that is known to be empty. The server has therefore accepted the query, and any
/// retry (the same query, other columns, a shorter range) happens before the first row is returned to the caller.
/// </summary>
internal sealed class OpenedRows : IAsyncDisposable
{
    private readonly IAsyncEnumerator<StoreRow>? _rows;

    private OpenedRows(IAsyncEnumerator<StoreRow>? rows, bool any)
    {
        _rows = rows;
        Any = any;
    }

    /// <summary>An empty result.</summary>
    public static OpenedRows None { get; } = new(null, any: false);

    /// <summary>True if there is a first row; it is the current row of <see cref="Rows"/>.</summary>
    public bool Any { get; }

    /// <summary>The rows, the first being the current one.</summary>
    public IAsyncEnumerator<StoreRow> Rows => _rows ?? throw new InvalidOperationException("There are no rows.");

    /// <summary>Starts the query and waits for its first row.</summary>
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
