namespace VmStats.Infrastructure.Embedded;

/// <summary>The two newest times and the oldest of a series, gathered over a batch.</summary>
internal struct LatestTimes
{
    public LatestTimes(long time)
    {
        Newest = time;
        Oldest = time;
    }

    public long Newest { get; private set; }

    /// <summary>The newest time before <see cref="Newest"/>, or null.</summary>
    public long? Previous { get; private set; }

    public long Oldest { get; private set; }

    /// <summary>Takes in the time of another point.</summary>
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
