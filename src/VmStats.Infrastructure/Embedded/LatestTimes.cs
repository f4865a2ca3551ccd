namespace VmStats.Infrastructure.Embedded;

/// <summary>The two newest times and the oldest time of a series within a batch.</summary>
internal struct LatestTimes
{
    public LatestTimes(long time)
    {
        Newest = time;
        Oldest = time;
    }

    public long Newest { get; private set; }

    /// <summary>The second newest time, or null.</summary>
    public long? Previous { get; private set; }

    public long Oldest { get; private set; }

    /// <summary>Adds the time of another point.</summary>
    public void Add(long time)
    {
        if (time > Newest)
        {
            Previous = Newest;
            Newest = time;
        }
        else if (time < Newest && !(time <= Previous))
        {
            Previous = time;
        }

        Oldest = Math.Min(Oldest, time);
    }
}
