namespace VmStats.Hypervisors.Libvirt;

/// <summary>Collects the values of net.N.* while they are parsed.</summary>
internal sealed class NicCounters
{
    private NicStatistics _statistics = new("");

    /// <summary>Returns the interface; null for one without a host device, which has no counters.</summary>
    public NicStatistics? Build() => _statistics.Name.Length > 0 ? _statistics : null;

    public void Apply(ReadOnlySpan<char> field, long? value, string? text) => _statistics = field switch
    {
        "name" => _statistics with { Name = text ?? "" },
        "rx.bytes" => _statistics with { RxBytes = value },
        "rx.pkts" => _statistics with { RxPackets = value },
        "rx.errs" => _statistics with { RxErrors = value },
        "rx.drop" => _statistics with { RxDrops = value },
        "tx.bytes" => _statistics with { TxBytes = value },
        "tx.pkts" => _statistics with { TxPackets = value },
        "tx.errs" => _statistics with { TxErrors = value },
        "tx.drop" => _statistics with { TxDrops = value },
        _ => _statistics,
    };
}
