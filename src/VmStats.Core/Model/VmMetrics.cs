using static VmStats.VmTelemetryMetricSubject;

namespace VmStats;

/// <summary>The metrics of a VM as a whole: the single source of properties, rates, units, completion and help.</summary>
internal static class VmMetrics
{
    internal const double KiB = 1024;

    /// <summary>All metrics. Must be declared first, since the other fields add to it.</summary>
    public static readonly MetricSet Set = new(Measurements.VmTotals);

    public static readonly VmTelemetryMetric CpuTimeNanoseconds =
        Set.Counter(Vm, nameof(CpuTimeNanoseconds), "cputime", "ns", "cpu.time", "CPU time that the VM has used.");

    public static readonly VmTelemetryMetric CpuUserTimeNanoseconds =
        Set.Counter(Vm, nameof(CpuUserTimeNanoseconds), "timeusr", "ns", "cpu.user", "CPU time of the VM's process in user mode.");

    public static readonly VmTelemetryMetric CpuSystemTimeNanoseconds =
        Set.Counter(Vm, nameof(CpuSystemTimeNanoseconds), "timesys", "ns", "cpu.system", "CPU time of the VM's process in the host's kernel.");

    public static readonly VmTelemetryMetric Cpus =
        Set.Gauge(Vm, nameof(Cpus), "cpus", "count", "vcpu.current", "Virtual CPUs in use.");

    public static readonly VmTelemetryMetric CpuPercent =
        Set.CpuShare(CpuTimeNanoseconds, nameof(CpuPercent), "CPU usage across all vCPUs: 100 means that every vCPU is busy.");

    public static readonly VmTelemetryMetric CpuUserPercent =
        Set.CpuShare(CpuUserTimeNanoseconds, nameof(CpuUserPercent), "CPU usage in user mode, across all vCPUs.");

    public static readonly VmTelemetryMetric CpuSystemPercent =
        Set.CpuShare(CpuSystemTimeNanoseconds, nameof(CpuSystemPercent), "CPU usage in the host's kernel, across all vCPUs.");

    public static readonly VmTelemetryMetric VcpuDelayNanoseconds =
        Set.Counter(Vm, nameof(VcpuDelayNanoseconds), "vcpu_delay", "ns", "sum of vcpu.N.delay", "Time that vCPUs waited for a host CPU.");

    public static readonly VmTelemetryMetric VcpuWaitNanoseconds =
        Set.Counter(Vm, nameof(VcpuWaitNanoseconds), "vcpu_wait", "ns", "sum of vcpu.N.wait", "Time that vCPUs waited for I/O.");

    public static readonly VmTelemetryMetric VcpuDelayPercent =
        Set.CpuShare(VcpuDelayNanoseconds, nameof(VcpuDelayPercent), "Time that vCPUs waited for a host CPU, across all vCPUs; the guest sees it as steal time.");

    public static readonly VmTelemetryMetric VcpuWaitPercent =
        Set.CpuShare(VcpuWaitNanoseconds, nameof(VcpuWaitPercent), "Time that vCPUs waited for I/O, across all vCPUs.");

    public static readonly VmTelemetryMetric MemoryActualBytes =
        Set.Gauge(Vm, nameof(MemoryActualBytes), "memactual", "bytes", "balloon.current", "Memory of the VM as set by the balloon.", KiB);

    public static readonly VmTelemetryMetric MemoryMaximumBytes =
        Set.Gauge(Vm, nameof(MemoryMaximumBytes), "memmaximum", "bytes", "balloon.maximum", "Maximum memory of the VM.", KiB);

    public static readonly VmTelemetryMetric MemoryRssBytes =
        Set.Gauge(Vm, nameof(MemoryRssBytes), "memrss", "bytes", "balloon.rss", "Host memory used by the VM's process.", KiB);

    public static readonly VmTelemetryMetric MemoryAvailableBytes =
        Set.Gauge(Vm, nameof(MemoryAvailableBytes), "memavailable", "bytes", "balloon.available", "Total memory that is available to the guest, as reported by the guest.", KiB);

    public static readonly VmTelemetryMetric MemoryUsableBytes =
        Set.Gauge(Vm, nameof(MemoryUsableBytes), "memusable", "bytes", "balloon.usable", "Memory that the guest could use without swapping, as reported by the guest.", KiB);

    public static readonly VmTelemetryMetric MemoryUnusedBytes =
        Set.Gauge(Vm, nameof(MemoryUnusedBytes), "memunused", "bytes", "balloon.unused", "Completely unused memory, as reported by the guest.", KiB);

    public static readonly VmTelemetryMetric MemoryDiskCacheBytes =
        Set.Gauge(Vm, nameof(MemoryDiskCacheBytes), "memdisk_cache", "bytes", "balloon.disk_caches", "Memory used as disk cache, as reported by the guest.", KiB);

    public static readonly VmTelemetryMetric MemoryUsedPercent =
        Set.UsedShare(MemoryAvailableBytes, MemoryUsableBytes, nameof(MemoryUsedPercent), "Used memory, as reported by the guest; absent if the guest doesn't report it.");

    public static readonly VmTelemetryMetric MemorySwapInBytes =
        Set.Counter(Vm, nameof(MemorySwapInBytes), "memswap_in", "bytes", "balloon.swap_in", "Memory that the guest read back from swap.", KiB);

    public static readonly VmTelemetryMetric MemorySwapOutBytes =
        Set.Counter(Vm, nameof(MemorySwapOutBytes), "memswap_out", "bytes", "balloon.swap_out", "Memory that the guest wrote to swap.", KiB);

    public static readonly VmTelemetryMetric MemoryMajorFaults =
        Set.Counter(Vm, nameof(MemoryMajorFaults), "memmajor_fault", "count", "balloon.major_fault", "Page faults in the guest that needed a disk.");

    public static readonly VmTelemetryMetric MemoryMinorFaults =
        Set.Counter(Vm, nameof(MemoryMinorFaults), "memminor_fault", "count", "balloon.minor_fault", "Page faults in the guest that needed no disk.");

    public static readonly VmTelemetryMetric NetRxBytes =
        Set.Counter(Vm, nameof(NetRxBytes), "net_rxbytes", "bytes", "sum of net.N.rx.bytes", "Bytes received on all NICs.");

    public static readonly VmTelemetryMetric NetRxPackets =
        Set.Counter(Vm, nameof(NetRxPackets), "net_rxpackets", "count", "sum of net.N.rx.pkts", "Packets received on all NICs.");

    public static readonly VmTelemetryMetric NetRxErrors =
        Set.Counter(Vm, nameof(NetRxErrors), "net_rxerrors", "count", "sum of net.N.rx.errs", "Receive errors of all NICs.");

    public static readonly VmTelemetryMetric NetRxDrops =
        Set.Counter(Vm, nameof(NetRxDrops), "net_rxdrops", "count", "sum of net.N.rx.drop", "Packets dropped on receipt by all NICs.");

    public static readonly VmTelemetryMetric NetTxBytes =
        Set.Counter(Vm, nameof(NetTxBytes), "net_txbytes", "bytes", "sum of net.N.tx.bytes", "Bytes sent on all NICs.");

    public static readonly VmTelemetryMetric NetTxPackets =
        Set.Counter(Vm, nameof(NetTxPackets), "net_txpackets", "count", "sum of net.N.tx.pkts", "Packets sent on all NICs.");

    public static readonly VmTelemetryMetric NetTxErrors =
        Set.Counter(Vm, nameof(NetTxErrors), "net_txerrors", "count", "sum of net.N.tx.errs", "Transmit errors of all NICs.");

    public static readonly VmTelemetryMetric NetTxDrops =
        Set.Counter(Vm, nameof(NetTxDrops), "net_txdrops", "count", "sum of net.N.tx.drop", "Packets dropped on sending by all NICs.");

    public static readonly VmTelemetryMetric DiskReadRequests =
        Set.Counter(Vm, nameof(DiskReadRequests), "disk_rd_req", "count", "sum of block.N.rd.reqs", "Read requests to all disks.");

    public static readonly VmTelemetryMetric DiskReadBytes =
        Set.Counter(Vm, nameof(DiskReadBytes), "disk_rd_bytes", "bytes", "sum of block.N.rd.bytes", "Bytes read from all disks.");

    public static readonly VmTelemetryMetric DiskWriteRequests =
        Set.Counter(Vm, nameof(DiskWriteRequests), "disk_wr_reqs", "count", "sum of block.N.wr.reqs", "Write requests to all disks.");

    public static readonly VmTelemetryMetric DiskWriteBytes =
        Set.Counter(Vm, nameof(DiskWriteBytes), "disk_wr_bytes", "bytes", "sum of block.N.wr.bytes", "Bytes written to all disks.");

    public static readonly VmTelemetryMetric DiskErrors =
        Set.Counter(Vm, nameof(DiskErrors), "disk_errors", "count", "sum of block.N.errors", "Errors of all disks; absent if the driver doesn't report them (QEMU).");

    public static readonly VmTelemetryMetric MemorySwapInBytesPerSecond = Set.PerSecond(MemorySwapInBytes);
    public static readonly VmTelemetryMetric MemorySwapOutBytesPerSecond = Set.PerSecond(MemorySwapOutBytes);
    public static readonly VmTelemetryMetric MemoryMajorFaultsPerSecond = Set.PerSecond(MemoryMajorFaults);
    public static readonly VmTelemetryMetric MemoryMinorFaultsPerSecond = Set.PerSecond(MemoryMinorFaults);
    public static readonly VmTelemetryMetric NetRxBytesPerSecond = Set.PerSecond(NetRxBytes);
    public static readonly VmTelemetryMetric NetRxPacketsPerSecond = Set.PerSecond(NetRxPackets);
    public static readonly VmTelemetryMetric NetRxErrorsPerSecond = Set.PerSecond(NetRxErrors);
    public static readonly VmTelemetryMetric NetRxDropsPerSecond = Set.PerSecond(NetRxDrops);
    public static readonly VmTelemetryMetric NetTxBytesPerSecond = Set.PerSecond(NetTxBytes);
    public static readonly VmTelemetryMetric NetTxPacketsPerSecond = Set.PerSecond(NetTxPackets);
    public static readonly VmTelemetryMetric NetTxErrorsPerSecond = Set.PerSecond(NetTxErrors);
    public static readonly VmTelemetryMetric NetTxDropsPerSecond = Set.PerSecond(NetTxDrops);
    public static readonly VmTelemetryMetric DiskReadRequestsPerSecond = Set.PerSecond(DiskReadRequests);
    public static readonly VmTelemetryMetric DiskReadBytesPerSecond = Set.PerSecond(DiskReadBytes);
    public static readonly VmTelemetryMetric DiskWriteRequestsPerSecond = Set.PerSecond(DiskWriteRequests);
    public static readonly VmTelemetryMetric DiskWriteBytesPerSecond = Set.PerSecond(DiskWriteBytes);
    public static readonly VmTelemetryMetric DiskErrorsPerSecond = Set.PerSecond(DiskErrors);
}
