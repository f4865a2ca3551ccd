namespace VmStats.Stores;

/// <summary>How long to wait before something that failed is tried again.</summary>
internal static class BackOff
{
    /// <summary>
    /// The maximum wait: by then the server is likely to be available again, and if it isn't, the user should be informed.
    /// When a server asks for a longer wait than this, its failure is reported instead.
    /// </summary>
    public static readonly TimeSpan Maximum = TimeSpan.FromSeconds(60);

    /// <summary>The wait after so many failures in a row: twice as long each time, up to a maximum.</summary>
    /// <param name="failures">Failures in a row; none is no wait.</param>
    /// <param name="first">The wait after the first.</param>
    /// <param name="maximum">The longest; null for <see cref="Maximum"/>.</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan? maximum = null)
    {
        TimeSpan longest = maximum ?? Maximum;
        double ticks = failures <= 0 ? 0 : first.Ticks * Math.Pow(2, failures - 1);
        return ticks < longest.Ticks ? TimeSpan.FromTicks((long)ticks) : longest;
    }

    /// <summary>The wait that a server asks for, cut to a maximum: a wrong header doesn't stop the work for good.</summary>
    public static TimeSpan FromRetryAfter(TimeSpan asked, TimeSpan? maximum = null) => asked < (maximum ?? Maximum) ? asked : maximum ?? Maximum;
}
