namespace VmStats.Hypervisors;

/// <summary>
/// A host that runs VMs. Calls may run concurrently, and each can be cancelled. Errors are reported as
/// <see cref="VmStatsException"/>.
/// </summary>
internal interface IHypervisor : IAsyncDisposable
{
    /// <summary>The URI that it was opened with, without user info.</summary>
    string Uri { get; }

    /// <summary>The host's name, as libvirt reports it.</summary>
    string HostName { get; }

    /// <summary>True for a simulated fleet; its data is marked as simulated.</summary>
    bool IsSimulated { get; }

    /// <summary>True when the daemon runs on this machine, so that a path means the same file to both.</summary>
    bool IsLocal { get; }

    /// <summary>The clock of its samples: the system's, or a simulated fleet's own, which may run faster.</summary>
    TimeProvider Clock { get; }

    /// <summary>Lists all VMs, running or not, in order of name.</summary>
    ValueTask<IReadOnlyList<VmInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Reads the counters of all VMs by one bulk call, in order of VM name.</summary>
    ValueTask<IReadOnlyList<VmStatistics>> GetStatisticsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the hypervisor write the VM's memory to a path that it opens itself: a new file, or a FIFO whose read end is
    /// open. Returns when everything is written. A memory-only dump can't be aborted; closing the read end of the FIFO
    /// ends it.
    /// </summary>
    Task DumpMemoryAsync(Guid vm, string path, CoreDumpOptions options, CancellationToken cancellationToken);

    /// <summary>Returns the progress of a VM's running dump; null if there is none.</summary>
    ValueTask<CoreDumpProgress?> GetDumpProgressAsync(Guid vm, CancellationToken cancellationToken);
}

/// <summary>How a VM's memory is dumped. The names are libvirt's (VIR_DUMP_*).</summary>
internal sealed record CoreDumpOptions
{
    /// <summary>The format that the hypervisor writes.</summary>
    public CoreDumpFormat Format { get; init; } = CoreDumpFormat.Elf;

    /// <summary>VIR_DUMP_CRASH: the VM is shut off afterwards.</summary>
    public bool Crash { get; init; }

    /// <summary>VIR_DUMP_RESET: the VM is reset afterwards.</summary>
    public bool Reset { get; init; }

    /// <summary>VIR_DUMP_LIVE: don't pause the VM. QEMU pauses it for a memory-only dump regardless.</summary>
    public bool Live { get; init; }

    /// <summary>VIR_DUMP_BYPASS_CACHE: bypass the file system's cache. Not supported for a FIFO.</summary>
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
/// <param name="TotalBytes">Bytes to write in total.</param>
/// <param name="ProcessedBytes">Bytes written so far.</param>
internal sealed record CoreDumpProgress(long TotalBytes, long ProcessedBytes);
