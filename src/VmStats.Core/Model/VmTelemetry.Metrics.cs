namespace VmStats;

/// <content>The metrics: one property for each entry of the catalogue.</content>
public sealed partial class VmTelemetry
{
    /// <summary>CPU time that the VM has used. Nanoseconds. Counter.</summary>
    public long? CpuTimeNanoseconds => _data.GetInteger(VmMetrics.CpuTimeNanoseconds);

    /// <summary>CPU time of the VM's process in user mode. Nanoseconds. Counter.</summary>
    public long? CpuUserTimeNanoseconds => _data.GetInteger(VmMetrics.CpuUserTimeNanoseconds);

    /// <summary>CPU time of the VM's process in the host's kernel. Nanoseconds. Counter.</summary>
    public long? CpuSystemTimeNanoseconds => _data.GetInteger(VmMetrics.CpuSystemTimeNanoseconds);

    /// <summary>Virtual CPUs in use.</summary>
    public int? Cpus => _data.Cpus;

    /// <summary>CPU usage across all vCPUs: 100 means that every vCPU is busy. Percent.</summary>
    public double? CpuPercent => _data.Get(VmMetrics.CpuPercent);

    /// <summary>CPU usage in user mode, across all vCPUs. Percent.</summary>
    public double? CpuUserPercent => _data.Get(VmMetrics.CpuUserPercent);

    /// <summary>CPU usage in the host's kernel, across all vCPUs. Percent.</summary>
    public double? CpuSystemPercent => _data.Get(VmMetrics.CpuSystemPercent);

    /// <summary>Time that vCPUs waited for a host CPU. Nanoseconds. Counter.</summary>
    public long? VcpuDelayNanoseconds => _data.GetInteger(VmMetrics.VcpuDelayNanoseconds);

    /// <summary>Time that vCPUs waited for I/O. Nanoseconds. Counter.</summary>
    public long? VcpuWaitNanoseconds => _data.GetInteger(VmMetrics.VcpuWaitNanoseconds);

    /// <summary>Time that vCPUs waited for a host CPU, across all vCPUs; the guest sees it as steal time. Percent.</summary>
    public double? VcpuDelayPercent => _data.Get(VmMetrics.VcpuDelayPercent);

    /// <summary>Time that vCPUs waited for I/O, across all vCPUs. Percent.</summary>
    public double? VcpuWaitPercent => _data.Get(VmMetrics.VcpuWaitPercent);

    /// <summary>Memory of the VM as set by the balloon. Bytes.</summary>
    public long? MemoryActualBytes => _data.GetInteger(VmMetrics.MemoryActualBytes);

    /// <summary>Maximum memory of the VM. Bytes.</summary>
    public long? MemoryMaximumBytes => _data.GetInteger(VmMetrics.MemoryMaximumBytes);

    /// <summary>Host memory used by the VM's process. Bytes.</summary>
    public long? MemoryRssBytes => _data.GetInteger(VmMetrics.MemoryRssBytes);

    /// <summary>Total memory that is available to the guest, as reported by the guest. Bytes.</summary>
    public long? MemoryAvailableBytes => _data.GetInteger(VmMetrics.MemoryAvailableBytes);

    /// <summary>Memory that the guest could use without swapping, as reported by the guest. Bytes.</summary>
    public long? MemoryUsableBytes => _data.GetInteger(VmMetrics.MemoryUsableBytes);

    /// <summary>Completely unused memory, as reported by the guest. Bytes.</summary>
    public long? MemoryUnusedBytes => _data.GetInteger(VmMetrics.MemoryUnusedBytes);

    /// <summary>Memory used as disk cache, as reported by the guest. Bytes.</summary>
    public long? MemoryDiskCacheBytes => _data.GetInteger(VmMetrics.MemoryDiskCacheBytes);

    /// <summary>Used memory, as reported by the guest; absent if the guest doesn't report it. Percent.</summary>
    public double? MemoryUsedPercent => _data.Get(VmMetrics.MemoryUsedPercent);

    /// <summary>Memory that the guest read back from swap. Bytes. Counter.</summary>
    public long? MemorySwapInBytes => _data.GetInteger(VmMetrics.MemorySwapInBytes);

    /// <summary>Memory that the guest wrote to swap. Bytes. Counter.</summary>
    public long? MemorySwapOutBytes => _data.GetInteger(VmMetrics.MemorySwapOutBytes);

    /// <summary>Page faults in the guest that needed a disk. Counter.</summary>
    public long? MemoryMajorFaults => _data.GetInteger(VmMetrics.MemoryMajorFaults);

    /// <summary>Page faults in the guest that needed no disk. Counter.</summary>
    public long? MemoryMinorFaults => _data.GetInteger(VmMetrics.MemoryMinorFaults);

    /// <summary>Bytes received on all NICs. Bytes. Counter.</summary>
    public long? NetRxBytes => _data.GetInteger(VmMetrics.NetRxBytes);

    /// <summary>Packets received on all NICs. Counter.</summary>
    public long? NetRxPackets => _data.GetInteger(VmMetrics.NetRxPackets);

    /// <summary>Receive errors of all NICs. Counter.</summary>
    public long? NetRxErrors => _data.GetInteger(VmMetrics.NetRxErrors);

    /// <summary>Packets dropped on receipt by all NICs. Counter.</summary>
    public long? NetRxDrops => _data.GetInteger(VmMetrics.NetRxDrops);

    /// <summary>Bytes sent on all NICs. Bytes. Counter.</summary>
    public long? NetTxBytes => _data.GetInteger(VmMetrics.NetTxBytes);

    /// <summary>Packets sent on all NICs. Counter.</summary>
    public long? NetTxPackets => _data.GetInteger(VmMetrics.NetTxPackets);

    /// <summary>Transmit errors of all NICs. Counter.</summary>
    public long? NetTxErrors => _data.GetInteger(VmMetrics.NetTxErrors);

    /// <summary>Packets dropped on sending by all NICs. Counter.</summary>
    public long? NetTxDrops => _data.GetInteger(VmMetrics.NetTxDrops);

    /// <summary>Read requests to all disks. Counter.</summary>
    public long? DiskReadRequests => _data.GetInteger(VmMetrics.DiskReadRequests);

    /// <summary>Bytes read from all disks. Bytes. Counter.</summary>
    public long? DiskReadBytes => _data.GetInteger(VmMetrics.DiskReadBytes);

    /// <summary>Write requests to all disks. Counter.</summary>
    public long? DiskWriteRequests => _data.GetInteger(VmMetrics.DiskWriteRequests);

    /// <summary>Bytes written to all disks. Bytes. Counter.</summary>
    public long? DiskWriteBytes => _data.GetInteger(VmMetrics.DiskWriteBytes);

    /// <summary>Errors of all disks; absent if the driver doesn't report them (QEMU). Counter.</summary>
    public long? DiskErrors => _data.GetInteger(VmMetrics.DiskErrors);

    /// <summary>Per second since the previous sample: memory that the guest read back from swap. Bytes/s.</summary>
    public double? MemorySwapInBytesPerSecond => _data.Get(VmMetrics.MemorySwapInBytesPerSecond);

    /// <summary>Per second since the previous sample: memory that the guest wrote to swap. Bytes/s.</summary>
    public double? MemorySwapOutBytesPerSecond => _data.Get(VmMetrics.MemorySwapOutBytesPerSecond);

    /// <summary>Per second since the previous sample: page faults in the guest that needed a disk.</summary>
    public double? MemoryMajorFaultsPerSecond => _data.Get(VmMetrics.MemoryMajorFaultsPerSecond);

    /// <summary>Per second since the previous sample: page faults in the guest that needed no disk.</summary>
    public double? MemoryMinorFaultsPerSecond => _data.Get(VmMetrics.MemoryMinorFaultsPerSecond);

    /// <summary>Per second since the previous sample: bytes received on all NICs. Bytes/s.</summary>
    public double? NetRxBytesPerSecond => _data.Get(VmMetrics.NetRxBytesPerSecond);

    /// <summary>Per second since the previous sample: packets received on all NICs.</summary>
    public double? NetRxPacketsPerSecond => _data.Get(VmMetrics.NetRxPacketsPerSecond);

    /// <summary>Per second since the previous sample: receive errors of all NICs.</summary>
    public double? NetRxErrorsPerSecond => _data.Get(VmMetrics.NetRxErrorsPerSecond);

    /// <summary>Per second since the previous sample: packets dropped on receipt by all NICs.</summary>
    public double? NetRxDropsPerSecond => _data.Get(VmMetrics.NetRxDropsPerSecond);

    /// <summary>Per second since the previous sample: bytes sent on all NICs. Bytes/s.</summary>
    public double? NetTxBytesPerSecond => _data.Get(VmMetrics.NetTxBytesPerSecond);

    /// <summary>Per second since the previous sample: packets sent on all NICs.</summary>
    public double? NetTxPacketsPerSecond => _data.Get(VmMetrics.NetTxPacketsPerSecond);

    /// <summary>Per second since the previous sample: transmit errors of all NICs.</summary>
    public double? NetTxErrorsPerSecond => _data.Get(VmMetrics.NetTxErrorsPerSecond);

    /// <summary>Per second since the previous sample: packets dropped on sending by all NICs.</summary>
    public double? NetTxDropsPerSecond => _data.Get(VmMetrics.NetTxDropsPerSecond);

    /// <summary>Per second since the previous sample: read requests to all disks.</summary>
    public double? DiskReadRequestsPerSecond => _data.Get(VmMetrics.DiskReadRequestsPerSecond);

    /// <summary>Per second since the previous sample: bytes read from all disks. Bytes/s.</summary>
    public double? DiskReadBytesPerSecond => _data.Get(VmMetrics.DiskReadBytesPerSecond);

    /// <summary>Per second since the previous sample: write requests to all disks.</summary>
    public double? DiskWriteRequestsPerSecond => _data.Get(VmMetrics.DiskWriteRequestsPerSecond);

    /// <summary>Per second since the previous sample: bytes written to all disks. Bytes/s.</summary>
    public double? DiskWriteBytesPerSecond => _data.Get(VmMetrics.DiskWriteBytesPerSecond);

    /// <summary>Per second since the previous sample: errors of all disks; absent if the driver doesn't report them (QEMU).</summary>
    public double? DiskErrorsPerSecond => _data.Get(VmMetrics.DiskErrorsPerSecond);
}
