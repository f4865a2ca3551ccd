namespace VmStats.Hypervisors;

/// <summary>The data that a hypervisor has about a VM without asking the guest.</summary>
/// <param name="Name">The VM's name; can be any text, and is unique on its host.</param>
/// <param name="Uuid">The VM's identity, which stays the same across restarts and hosts.</param>
/// <param name="Id">libvirt's run-time id, which changes at each start; null when the VM is not running.</param>
/// <param name="State">The VM's state.</param>
/// <param name="StateReason">The reason of that state (virDomain*Reason), a number.</param>
/// <param name="Cpus">Virtual CPUs in use.</param>
/// <param name="MaximumMemoryBytes">The VM's maximum memory.</param>
/// <param name="MemoryBytes">The VM's current memory, as set by the balloon.</param>
internal sealed record VmInfo(
    string Name,
    Guid Uuid,
    int? Id,
    VmState State,
    int StateReason,
    int Cpus,
    long MaximumMemoryBytes,
    long? MemoryBytes);

/// <summary>The counters of a VM at one moment. A value that the hypervisor doesn't report is null, never zero.</summary>
internal sealed record VmStatistics
{
    /// <summary>The VM.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>The time of the reading by the hypervisor's clock, in UTC nanoseconds.</summary>
    public required long Time { get; init; }

    /// <summary>True when the hypervisor could read only part of it (a job has locked the VM).</summary>
    public bool IsPartial { get; init; }

    /// <summary>CPU time used, ns (cpu.time).</summary>
    public long? CpuTime { get; init; }

    /// <summary>CPU time in user mode of the emulator process, ns (cpu.user).</summary>
    public long? CpuUser { get; init; }

    /// <summary>CPU time in system mode, ns (cpu.system).</summary>
    public long? CpuSystem { get; init; }

    /// <summary>Time that vCPUs waited for a host CPU, summed over the vCPUs, ns (vcpu.N.delay): the guest's steal time.</summary>
    public long? VcpuDelay { get; init; }

    /// <summary>Time that vCPUs waited for I/O, summed, ns (vcpu.N.wait).</summary>
    public long? VcpuWait { get; init; }

    /// <summary>Balloon figures.</summary>
    public BalloonStatistics Balloon { get; init; } = new();

    /// <summary>Network interfaces that have counters.</summary>
    public IReadOnlyList<NicStatistics> Nics { get; init; } = [];

    /// <summary>Disks, except empty CD-ROM drives.</summary>
    public IReadOnlyList<DiskStatistics> Disks { get; init; } = [];
}

/// <summary>balloon.*; sizes in KiB as libvirt reports them, faults are counts.</summary>
internal sealed record BalloonStatistics
{
    /// <summary>balloon.current, KiB.</summary>
    public long? Current { get; init; }

    /// <summary>balloon.maximum, KiB.</summary>
    public long? Maximum { get; init; }

    /// <summary>balloon.rss, KiB of host memory.</summary>
    public long? Rss { get; init; }

    /// <summary>balloon.available, KiB: total memory that the guest sees.</summary>
    public long? Available { get; init; }

    /// <summary>balloon.usable, KiB that the guest could use without swapping.</summary>
    public long? Usable { get; init; }

    /// <summary>balloon.unused, KiB.</summary>
    public long? Unused { get; init; }

    /// <summary>balloon.disk_caches, KiB.</summary>
    public long? DiskCaches { get; init; }

    /// <summary>balloon.swap_in, KiB since boot.</summary>
    public long? SwapIn { get; init; }

    /// <summary>balloon.swap_out, KiB since boot.</summary>
    public long? SwapOut { get; init; }

    /// <summary>balloon.major_fault, count since boot.</summary>
    public long? MajorFault { get; init; }

    /// <summary>balloon.minor_fault, count since boot.</summary>
    public long? MinorFault { get; init; }

    /// <summary>balloon.last-update, seconds since 1970; 0 if the guest never answered.</summary>
    public long? LastUpdate { get; init; }
}

/// <summary>net.N.*; counters since the interface was added.</summary>
/// <param name="Name">Host device, such as vnet0.</param>
internal sealed record NicStatistics(string Name)
{
    /// <summary>Bytes received.</summary>
    public long? RxBytes { get; init; }

    /// <summary>Packets received.</summary>
    public long? RxPackets { get; init; }

    /// <summary>Receive errors.</summary>
    public long? RxErrors { get; init; }

    /// <summary>Packets dropped on receipt.</summary>
    public long? RxDrops { get; init; }

    /// <summary>Bytes sent.</summary>
    public long? TxBytes { get; init; }

    /// <summary>Packets sent.</summary>
    public long? TxPackets { get; init; }

    /// <summary>Transmit errors.</summary>
    public long? TxErrors { get; init; }

    /// <summary>Packets dropped on sending.</summary>
    public long? TxDrops { get; init; }
}

/// <summary>block.N.*; counters since the VM started, sizes in bytes, times in ns.</summary>
/// <param name="Name">Target device, such as vda.</param>
internal sealed record DiskStatistics(string Name)
{
    /// <summary>Source file or device; null if it has none.</summary>
    public string? Path { get; init; }

    /// <summary>Read requests.</summary>
    public long? ReadRequests { get; init; }

    /// <summary>Bytes read.</summary>
    public long? ReadBytes { get; init; }

    /// <summary>Time spent reading, ns.</summary>
    public long? ReadTime { get; init; }

    /// <summary>Write requests.</summary>
    public long? WriteRequests { get; init; }

    /// <summary>Bytes written.</summary>
    public long? WriteBytes { get; init; }

    /// <summary>Time spent writing, ns.</summary>
    public long? WriteTime { get; init; }

    /// <summary>Flush requests.</summary>
    public long? FlushRequests { get; init; }

    /// <summary>Time spent flushing, ns.</summary>
    public long? FlushTime { get; init; }

    /// <summary>Number of errors; null if the driver doesn't report them (QEMU).</summary>
    public long? Errors { get; init; }

    /// <summary>Highest offset written, bytes.</summary>
    public long? Allocation { get; init; }

    /// <summary>Size that the guest sees, bytes.</summary>
    public long? Capacity { get; init; }

    /// <summary>Size on the host, bytes.</summary>
    public long? Physical { get; init; }
}
