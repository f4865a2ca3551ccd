namespace VmStats;

/// <content>The metrics: one property for each entry of the catalogue.</content>
public sealed partial class VmDeviceTelemetry
{
    /// <summary>Bytes received. Bytes. Counter.</summary>
    public long? RxBytes => _data.GetInteger(DeviceMetrics.RxBytes);

    /// <summary>Packets received. Counter.</summary>
    public long? RxPackets => _data.GetInteger(DeviceMetrics.RxPackets);

    /// <summary>Receive errors. Counter.</summary>
    public long? RxErrors => _data.GetInteger(DeviceMetrics.RxErrors);

    /// <summary>Packets dropped on receipt. Counter.</summary>
    public long? RxDrops => _data.GetInteger(DeviceMetrics.RxDrops);

    /// <summary>Bytes sent. Bytes. Counter.</summary>
    public long? TxBytes => _data.GetInteger(DeviceMetrics.TxBytes);

    /// <summary>Packets sent. Counter.</summary>
    public long? TxPackets => _data.GetInteger(DeviceMetrics.TxPackets);

    /// <summary>Transmit errors. Counter.</summary>
    public long? TxErrors => _data.GetInteger(DeviceMetrics.TxErrors);

    /// <summary>Packets dropped on sending. Counter.</summary>
    public long? TxDrops => _data.GetInteger(DeviceMetrics.TxDrops);

    /// <summary>Read requests. Counter.</summary>
    public long? ReadRequests => _data.GetInteger(DeviceMetrics.ReadRequests);

    /// <summary>Bytes read. Bytes. Counter.</summary>
    public long? ReadBytes => _data.GetInteger(DeviceMetrics.ReadBytes);

    /// <summary>Time spent reading, summed over the requests. Nanoseconds. Counter.</summary>
    public long? ReadTimeNanoseconds => _data.GetInteger(DeviceMetrics.ReadTimeNanoseconds);

    /// <summary>Write requests. Counter.</summary>
    public long? WriteRequests => _data.GetInteger(DeviceMetrics.WriteRequests);

    /// <summary>Bytes written. Bytes. Counter.</summary>
    public long? WriteBytes => _data.GetInteger(DeviceMetrics.WriteBytes);

    /// <summary>Time spent writing, summed over the requests. Nanoseconds. Counter.</summary>
    public long? WriteTimeNanoseconds => _data.GetInteger(DeviceMetrics.WriteTimeNanoseconds);

    /// <summary>Flush requests. Counter.</summary>
    public long? FlushRequests => _data.GetInteger(DeviceMetrics.FlushRequests);

    /// <summary>Time spent flushing, summed over the requests. Nanoseconds. Counter.</summary>
    public long? FlushTimeNanoseconds => _data.GetInteger(DeviceMetrics.FlushTimeNanoseconds);

    /// <summary>Errors; absent if the driver doesn't report them (QEMU). Counter.</summary>
    public long? Errors => _data.GetInteger(DeviceMetrics.Errors);

    /// <summary>Highest offset written. Bytes.</summary>
    public long? AllocationBytes => _data.GetInteger(DeviceMetrics.AllocationBytes);

    /// <summary>Size that the guest sees. Bytes.</summary>
    public long? CapacityBytes => _data.GetInteger(DeviceMetrics.CapacityBytes);

    /// <summary>Size on the host. Bytes.</summary>
    public long? PhysicalBytes => _data.GetInteger(DeviceMetrics.PhysicalBytes);

    /// <summary>Per second since the previous sample: bytes received. Bytes/s.</summary>
    public double? RxBytesPerSecond => _data.Get(DeviceMetrics.RxBytesPerSecond);

    /// <summary>Per second since the previous sample: packets received.</summary>
    public double? RxPacketsPerSecond => _data.Get(DeviceMetrics.RxPacketsPerSecond);

    /// <summary>Per second since the previous sample: receive errors.</summary>
    public double? RxErrorsPerSecond => _data.Get(DeviceMetrics.RxErrorsPerSecond);

    /// <summary>Per second since the previous sample: packets dropped on receipt.</summary>
    public double? RxDropsPerSecond => _data.Get(DeviceMetrics.RxDropsPerSecond);

    /// <summary>Per second since the previous sample: bytes sent. Bytes/s.</summary>
    public double? TxBytesPerSecond => _data.Get(DeviceMetrics.TxBytesPerSecond);

    /// <summary>Per second since the previous sample: packets sent.</summary>
    public double? TxPacketsPerSecond => _data.Get(DeviceMetrics.TxPacketsPerSecond);

    /// <summary>Per second since the previous sample: transmit errors.</summary>
    public double? TxErrorsPerSecond => _data.Get(DeviceMetrics.TxErrorsPerSecond);

    /// <summary>Per second since the previous sample: packets dropped on sending.</summary>
    public double? TxDropsPerSecond => _data.Get(DeviceMetrics.TxDropsPerSecond);

    /// <summary>Per second since the previous sample: read requests.</summary>
    public double? ReadRequestsPerSecond => _data.Get(DeviceMetrics.ReadRequestsPerSecond);

    /// <summary>Per second since the previous sample: bytes read. Bytes/s.</summary>
    public double? ReadBytesPerSecond => _data.Get(DeviceMetrics.ReadBytesPerSecond);

    /// <summary>Per second since the previous sample: write requests.</summary>
    public double? WriteRequestsPerSecond => _data.Get(DeviceMetrics.WriteRequestsPerSecond);

    /// <summary>Per second since the previous sample: bytes written. Bytes/s.</summary>
    public double? WriteBytesPerSecond => _data.Get(DeviceMetrics.WriteBytesPerSecond);

    /// <summary>Per second since the previous sample: flush requests.</summary>
    public double? FlushRequestsPerSecond => _data.Get(DeviceMetrics.FlushRequestsPerSecond);

    /// <summary>Per second since the previous sample: errors; absent if the driver doesn't report them (QEMU).</summary>
    public double? ErrorsPerSecond => _data.Get(DeviceMetrics.ErrorsPerSecond);

    /// <summary>Average time of a read request since the previous sample; absent when there was none. Milliseconds.</summary>
    public double? ReadLatencyMilliseconds => _data.Get(DeviceMetrics.ReadLatencyMilliseconds);

    /// <summary>Average time of a write request since the previous sample; absent when there was none. Milliseconds.</summary>
    public double? WriteLatencyMilliseconds => _data.Get(DeviceMetrics.WriteLatencyMilliseconds);

    /// <summary>Average time of a flush since the previous sample; absent when there was none. Milliseconds.</summary>
    public double? FlushLatencyMilliseconds => _data.Get(DeviceMetrics.FlushLatencyMilliseconds);
}
