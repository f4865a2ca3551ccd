namespace VmStats.Hypervisors.Libvirt;

/// <summary>Collects the values of block.N.* while they are parsed.</summary>
internal sealed class DiskCounters
{
    private DiskStatistics _statistics = new("");

    /// <summary>Returns the disk; null for an empty CD-ROM drive, which has no source and no size.</summary>
    public DiskStatistics? Build() =>
        _statistics is { Name.Length: > 0 } and not { Path: null, Capacity: null or 0 } ? _statistics : null;

    public void Apply(ReadOnlySpan<char> field, long? value, string? text) => _statistics = field switch
    {
        "name" => _statistics with { Name = text ?? "" },
        "path" => _statistics with { Path = text },
        "rd.reqs" => _statistics with { ReadRequests = value },
        "rd.bytes" => _statistics with { ReadBytes = value },
        "rd.times" => _statistics with { ReadTime = value },
        "wr.reqs" => _statistics with { WriteRequests = value },
        "wr.bytes" => _statistics with { WriteBytes = value },
        "wr.times" => _statistics with { WriteTime = value },
        "fl.reqs" => _statistics with { FlushRequests = value },
        "fl.times" => _statistics with { FlushTime = value },
        "errors" => _statistics with { Errors = value },
        "allocation" => _statistics with { Allocation = value },
        "capacity" => _statistics with { Capacity = value },
        "physical" => _statistics with { Physical = value },
        _ => _statistics,
    };
}
