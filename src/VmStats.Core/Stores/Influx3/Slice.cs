using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>A time range that is read with one query. Even if the query has no bound on a side, the extent of the range is known.</summary>
/// <param name="From">Earliest time at which there may be rows, inclusive, UTC nanoseconds.</param>
/// <param name="To">End of the range, exclusive, UTC nanoseconds.</param>
/// <param name="IsOpenAtStart">The query has no lower bound.</param>
/// <param name="IsOpenAtFinish">The query has no upper bound.</param>
internal readonly record struct Slice(long From, long To, bool IsOpenAtStart = false, bool IsOpenAtFinish = false)
{
    /// <summary>Ranges narrower than twice this are not halved: a file of InfluxDB 3 covers ten minutes, so much smaller slices gain nothing. Nanoseconds.</summary>
    private const long MinimumWidth = 60_000_000_000;

    public long? Start => IsOpenAtStart ? null : From;

    public long? Finish => IsOpenAtFinish ? null : To;

    /// <summary>
    /// Splits the range near its middle, at a multiple of <paramref name="alignment"/>. Returns false, and the whole range as
    /// <paramref name="first"/>, if there is no such multiple inside or the range is too short.
    /// </summary>
    /// <param name="alignment">Nanoseconds; the range is split at a multiple of it.</param>
    /// <param name="first">The older half.</param>
    /// <param name="second">The newer half.</param>
    public bool TryHalve(long alignment, out Slice first, out Slice second)
    {
        long middle = UnixTime.Floor(From + ((To - From) / 2), alignment);
        if (middle <= From)
        {
            middle += alignment;
        }

        bool canCut = To - From >= 2 * MinimumWidth && middle > From && middle < To;
        first = canCut ? this with { To = middle, IsOpenAtFinish = false } : this;
        second = canCut ? this with { From = middle, IsOpenAtStart = false } : default;
        return canCut;
    }

    /// <summary>Splits the range at multiples of a length; the slices are in time order.</summary>
    public IReadOnlyList<Slice> Cut(long length)
    {
        List<Slice> slices = [];
        long from = From;
        for (long to = UnixTime.Floor(From, length) + length; to < To; to += length)
        {
            slices.Add(new Slice(from, to, IsOpenAtStart && slices.Count == 0));
            from = to;
        }

        slices.Add(new Slice(from, To, IsOpenAtStart && slices.Count == 0, IsOpenAtFinish));
        return slices;
    }
}
