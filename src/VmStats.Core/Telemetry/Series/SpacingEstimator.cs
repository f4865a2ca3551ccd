namespace VmStats.Telemetry.Series;

/// <summary>Estimates the usual spacing of a series as the median of the last five, so that it follows a changed interval and ignores a single gap.</summary>
internal struct SpacingEstimator
{
    private const int Size = 5;
    private const int MinimumCount = 2;

    private Ring _ring;
    private int _count;
    private int _next;

    /// <summary>The usual spacing in nanoseconds; null until there are two spacings.</summary>
    public readonly long? Usual
    {
        get
        {
            if (_count < MinimumCount)
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

    /// <summary>Adds a spacing.</summary>
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
