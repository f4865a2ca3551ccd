namespace VmStats.Telemetry.Series;

/// <summary>The usual spacing of a series: the median of the last few, so that it follows a changed interval and ignores a gap.</summary>
internal struct SpacingEstimator
{
    private const int Size = 5;
    private const int Enough = 2;

    private Ring _ring;
    private int _count;
    private int _next;

    /// <summary>The usual spacing in nanoseconds; null before there are two spacings to judge by.</summary>
    public readonly long? Usual
    {
        get
        {
            if (_count < Enough)
            {
                return null;
            }

            Span<long> sorted = stackalloc long[_count];
            for (int i = 0; i < _count; i++)
            {
                sorted[i] = _ring[i];
            }

            sorted.Sort();
            return sorted[(_count - 1) / 2];
        }
    }

    /// <summary>Takes a spacing in.</summary>
    public void Add(long spacing)
    {
        _ring[_next] = spacing;
        _next = (_next + 1) % Size;
        _count = Math.Min(_count + 1, Size);
    }

    [System.Runtime.CompilerServices.InlineArray(Size)]
    private struct Ring
    {
        private long _first;
    }
}
