namespace VmStats.Stores;

/// <summary>Applies a query's offset and limit to the rows of a result, where the server can't.</summary>
internal struct RowPage(int skip, int? limit)
{
    private long _skip = skip;
    private long _rest = limit ?? long.MaxValue;

    /// <summary>True when no further row is wanted.</summary>
    public readonly bool IsFull => _rest <= 0;

    /// <summary>Counts a row; true when it is wanted.</summary>
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
