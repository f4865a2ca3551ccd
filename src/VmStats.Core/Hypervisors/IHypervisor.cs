namespace VmStats.Hypervisors;

/// <summary>
/// A host that runs VMs. Calls may run at the same time; each can be cancelled. Failures are
/// <see cref="VmStatsException"/>s.
/// </summary>
public interface IHypervisor : IAsyncDisposable
{
    /// <summary>The URI that it was opened with, without user info.</summary>
    string Uri { get; }

    /// <summary>The host's name, as libvirt reports it.</summary>
    string HostName { get; }

    /// <summary>True for a simulated fleet: what is written of it says so.</summary>
    bool IsSimulated { get; }

    /// <summary>True when the daemon runs on this machine, so that a path means the same file to both.</summary>
    bool IsLocal { get; }

    /// <summary>The clock that its samples are timed by: the system's, or a simulated fleet's own, which may run fast.</summary>
    TimeProvider Clock { get; }

    /// <summary>All VMs, running or not, in order of name.</summary>
    ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The counters of all VMs, read by one bulk call, in order of name.</summary>
    ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the hypervisor write the VM's memory to a path that it opens itself: a new file or a FIFO whose read end is
    /// open. Returns when all is written. A memory-only dump can't be aborted: whoever reads the FIFO ends it by closing.
    /// </summary>
    Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken);

    /// <summary>How far the running dump of a VM is; null when there is none.</summary>
    ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken);
}

/// <summary>How a VM's memory is dumped. The names are libvirt's (VIR_DUMP_*).</summary>
public sealed record CoreDumpOptions
{
    /// <summary>The format that the hypervisor writes.</summary>
    public CoreDumpFormat Format { get; init; } = CoreDumpFormat.Elf;

    /// <summary>VIR_DUMP_CRASH: the VM is off afterwards.</summary>
    public bool Crash { get; init; }

    /// <summary>VIR_DUMP_RESET: the VM is reset afterwards.</summary>
    public bool Reset { get; init; }

    /// <summary>VIR_DUMP_LIVE: don't pause the VM. QEMU pauses for a memory-only dump all the same.</summary>
    public bool Live { get; init; }

    /// <summary>VIR_DUMP_BYPASS_CACHE: write past the file system's cache. Not for a FIFO.</summary>
    public bool BypassCache { get; init; }
}

/// <summary>virDomainCoreDumpFormat.</summary>
public enum CoreDumpFormat
{
    /// <summary>ELF core (VIR_DOMAIN_CORE_DUMP_FORMAT_RAW with memory-only).</summary>
    Elf = 0,

    /// <summary>kdump, zlib.</summary>
    KdumpZlib = 1,

    /// <summary>kdump, lzo.</summary>
    KdumpLzo = 2,

    /// <summary>kdump, snappy.</summary>
    KdumpSnappy = 3,
}

/// <summary>Progress of a running dump, in bytes of guest memory.</summary>
/// <param name="TotalBytes">All that will be written.</param>
/// <param name="ProcessedBytes">What has been written.</param>
public sealed record CoreDumpProgress(long TotalBytes, long ProcessedBytes);
