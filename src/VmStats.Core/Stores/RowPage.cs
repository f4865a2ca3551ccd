namespace VmStats.Stores;

/// <summary>Applies an offset and a limit to the rows of a result, for servers that can't.</summary>
internal struct RowPage(int skip, int? limit)
{
    private long _skip = skip;
    private long _rest = limit ?? long.MaxValue;

    /// <summary>True once the limit has been reached.</summary>
    public readonly bool IsFull => _rest <= 0;

    /// <summary>Counts a row; returns true if it belongs to the page.</summary>
    public bool Takes()
    {
        if (_skip > 0)
        {
            _skip--;
            return false;
        }

        return _rest-- > 0;
    }
}
