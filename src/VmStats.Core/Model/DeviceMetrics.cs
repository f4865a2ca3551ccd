using static VmStats.VmTelemetryMetricSubject;

namespace VmStats;

/// <summary>The metrics of NICs and disks. The field names keep the original's spelling: <c>rd_req</c> but <c>wr_reqs</c>.</summary>
internal static class DeviceMetrics
{
    /// <summary>All metrics. Must be declared first, since the other fields add to it.</summary>
    public static readonly MetricSet Set = new(Measurements.VmDevices);

    public static readonly VmTelemetryMetric RxBytes =
        Set.Counter(Nic, nameof(RxBytes), "rxbytes", "bytes", "net.N.rx.bytes", "Bytes received.");

    public static readonly VmTelemetryMetric RxPackets =
        Set.Counter(Nic, nameof(RxPackets), "rxpackets", "count", "net.N.rx.pkts", "Packets received.");

    public static readonly VmTelemetryMetric RxErrors =
        Set.Counter(Nic, nameof(RxErrors), "rxerrors", "count", "net.N.rx.errs", "Receive errors.");

    public static readonly VmTelemetryMetric RxDrops =
        Set.Counter(Nic, nameof(RxDrops), "rxdrops", "count", "net.N.rx.drop", "Packets dropped on receipt.");

    public static readonly VmTelemetryMetric TxBytes =
        Set.Counter(Nic, nameof(TxBytes), "txbytes", "bytes", "net.N.tx.bytes", "Bytes sent.");

    public static readonly VmTelemetryMetric TxPackets =
        Set.Counter(Nic, nameof(TxPackets), "txpackets", "count", "net.N.tx.pkts", "Packets sent.");

    public static readonly VmTelemetryMetric TxErrors =
        Set.Counter(Nic, nameof(TxErrors), "txerrors", "count", "net.N.tx.errs", "Transmit errors.");

    public static readonly VmTelemetryMetric TxDrops =
        Set.Counter(Nic, nameof(TxDrops), "txdrops", "count", "net.N.tx.drop", "Packets dropped on sending.");

    public static readonly VmTelemetryMetric ReadRequests =
        Set.Counter(Disk, nameof(ReadRequests), "rd_req", "count", "block.N.rd.reqs", "Read requests.");

    public static readonly VmTelemetryMetric ReadBytes =
        Set.Counter(Disk, nameof(ReadBytes), "rd_bytes", "bytes", "block.N.rd.bytes", "Bytes read.");

    public static readonly VmTelemetryMetric ReadTimeNanoseconds =
        Set.Counter(Disk, nameof(ReadTimeNanoseconds), "rd_times", "ns", "block.N.rd.times", "Time spent reading, summed over the requests.");

    public static readonly VmTelemetryMetric WriteRequests =
        Set.Counter(Disk, nameof(WriteRequests), "wr_reqs", "count", "block.N.wr.reqs", "Write requests.");

    public static readonly VmTelemetryMetric WriteBytes =
        Set.Counter(Disk, nameof(WriteBytes), "wr_bytes", "bytes", "block.N.wr.bytes", "Bytes written.");

    public static readonly VmTelemetryMetric WriteTimeNanoseconds =
        Set.Counter(Disk, nameof(WriteTimeNanoseconds), "wr_times", "ns", "block.N.wr.times", "Time spent writing, summed over the requests.");

    public static readonly VmTelemetryMetric FlushRequests =
        Set.Counter(Disk, nameof(FlushRequests), "fl_reqs", "count", "block.N.fl.reqs", "Flush requests.");

    public static readonly VmTelemetryMetric FlushTimeNanoseconds =
        Set.Counter(Disk, nameof(FlushTimeNanoseconds), "fl_times", "ns", "block.N.fl.times", "Time spent flushing, summed over the requests.");

    public static readonly VmTelemetryMetric Errors =
        Set.Counter(Disk, nameof(Errors), "errors", "count", "block.N.errors", "Errors; absent if the driver doesn't report them (QEMU).");

    public static readonly VmTelemetryMetric AllocationBytes =
        Set.Gauge(Disk, nameof(AllocationBytes), "allocation", "bytes", "block.N.allocation", "Highest offset written.");

    public static readonly VmTelemetryMetric CapacityBytes =
        Set.Gauge(Disk, nameof(CapacityBytes), "capacity", "bytes", "block.N.capacity", "Size that the guest sees.");

    public static readonly VmTelemetryMetric PhysicalBytes =
        Set.Gauge(Disk, nameof(PhysicalBytes), "physical", "bytes", "block.N.physical", "Size on the host.");

    public static readonly VmTelemetryMetric RxBytesPerSecond = Set.PerSecond(RxBytes);
    public static readonly VmTelemetryMetric RxPacketsPerSecond = Set.PerSecond(RxPackets);
    public static readonly VmTelemetryMetric RxErrorsPerSecond = Set.PerSecond(RxErrors);
    public static readonly VmTelemetryMetric RxDropsPerSecond = Set.PerSecond(RxDrops);
    public static readonly VmTelemetryMetric TxBytesPerSecond = Set.PerSecond(TxBytes);
    public static readonly VmTelemetryMetric TxPacketsPerSecond = Set.PerSecond(TxPackets);
    public static readonly VmTelemetryMetric TxErrorsPerSecond = Set.PerSecond(TxErrors);
    public static readonly VmTelemetryMetric TxDropsPerSecond = Set.PerSecond(TxDrops);
    public static readonly VmTelemetryMetric ReadRequestsPerSecond = Set.PerSecond(ReadRequests);
    public static readonly VmTelemetryMetric ReadBytesPerSecond = Set.PerSecond(ReadBytes);
    public static readonly VmTelemetryMetric WriteRequestsPerSecond = Set.PerSecond(WriteRequests);
    public static readonly VmTelemetryMetric WriteBytesPerSecond = Set.PerSecond(WriteBytes);
    public static readonly VmTelemetryMetric FlushRequestsPerSecond = Set.PerSecond(FlushRequests);
    public static readonly VmTelemetryMetric ErrorsPerSecond = Set.PerSecond(Errors);

    public static readonly VmTelemetryMetric ReadLatencyMilliseconds =
        Set.Latency(ReadTimeNanoseconds, ReadRequests, nameof(ReadLatencyMilliseconds), "Average time of a read request since the previous sample; absent when there was none.");

    public static readonly VmTelemetryMetric WriteLatencyMilliseconds =
        Set.Latency(WriteTimeNanoseconds, WriteRequests, nameof(WriteLatencyMilliseconds), "Average time of a write request since the previous sample; absent when there was none.");

    public static readonly VmTelemetryMetric FlushLatencyMilliseconds =
        Set.Latency(FlushTimeNanoseconds, FlushRequests, nameof(FlushLatencyMilliseconds), "Average time of a flush since the previous sample; absent when there was none.");
}
