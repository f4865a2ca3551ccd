using VmStats.Points;

namespace VmStats.Stores.Influx3;

/// <summary>A range of time that one query asks for. The bounds of the query may be open; how far it reaches is known.</summary>
/// <param name="From">First time that there may be rows of, inclusive, UTC nanoseconds.</param>
/// <param name="To">Time after the last, exclusive.</param>
/// <param name="IsOpenAtStart">The query has no lower bound.</param>
/// <param name="IsOpenAtFinish">The query has no upper bound.</param>
internal readonly record struct Slice(long From, long To, bool IsOpenAtStart = false, bool IsOpenAtFinish = false)
{
    /// <summary>Ranges narrower than twice this are not halved: a file of InfluxDB 3 covers ten minutes, so much smaller slices gain nothing. Nanoseconds.</summary>
    private const long MinimumWidth = 60_000_000_000;

    public long? Start => IsOpenAtStart ? null : From;

    public long? Finish => IsOpenAtFinish ? null : To;

    /// <summary>Cuts at a multiple of a width, in order of time; whole when there is none inside, or one half would be too short.</summary>
    /// <param name="alignment">Nanoseconds; the cut is a multiple of it.</param>
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

    /// <summary>Cuts into slices of a length, at multiples of it, in order of time.</summary>
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
