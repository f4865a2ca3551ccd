namespace VmStats.Hypervisors.Libvirt;

/// <summary>Collects the values of balloon.* while they are parsed.</summary>
internal sealed class BalloonCounters
{
    private BalloonStatistics _statistics = new();

    public BalloonStatistics Build() => _statistics;

    public void Apply(ReadOnlySpan<char> field, long? value) => _statistics = field switch
    {
        "current" => _statistics with { Current = value },
        "maximum" => _statistics with { Maximum = value },
        "rss" => _statistics with { Rss = value },
        "available" => _statistics with { Available = value },
        "usable" => _statistics with { Usable = value },
        "unused" => _statistics with { Unused = value },
        "disk_caches" => _statistics with { DiskCaches = value },
        "swap_in" => _statistics with { SwapIn = value },
        "swap_out" => _statistics with { SwapOut = value },
        "major_fault" => _statistics with { MajorFault = value },
        "minor_fault" => _statistics with { MinorFault = value },
        "last-update" => _statistics with { LastUpdate = value },
        _ => _statistics,
    };
}
