namespace VmStats.Stores;

/// <summary>Computes the wait before a retry.</summary>
internal static class BackOff
{
    /// <summary>
    /// The maximum wait: by then the server is likely to be available again, and if it isn't, the user should be informed.
    /// When a server asks for a longer wait than this, its failure is reported instead.
    /// </summary>
    public static readonly TimeSpan Maximum = TimeSpan.FromSeconds(60);

    /// <summary>Returns the wait after a number of consecutive failures: it doubles with each failure, up to a maximum.</summary>
    /// <param name="failures">The number of consecutive failures; with 0 there is no wait.</param>
    /// <param name="first">The wait after the first failure.</param>
    /// <param name="maximum">The maximum wait; null for <see cref="Maximum"/>.</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan? maximum = null)
    {
        TimeSpan limit = maximum ?? Maximum;
        double ticks = failures <= 0 ? 0 : first.Ticks * Math.Pow(2, failures - 1);
        return ticks < limit.Ticks ? TimeSpan.FromTicks((long)ticks) : limit;
    }

    /// <summary>Returns the wait that a server asks for, limited to a maximum, so that a wrong header can't stop the work indefinitely.</summary>
    public static TimeSpan FromRetryAfter(TimeSpan asked, TimeSpan? maximum = null)
    {
        TimeSpan limit = maximum ?? Maximum;
        return asked < limit ? asked : limit;
    }
}
