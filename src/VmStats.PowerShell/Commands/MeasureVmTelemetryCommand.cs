using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Output;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.PowerShell.Commands;

/// <summary>Computes statistics of the telemetry of VMs over a time range: count, average, minimum, maximum and percentiles per VM and metric.</summary>
/// <remarks>
/// The default range is the last hour; the default metrics are CPU, memory, and the bytes per second of network and disk.
/// Percentiles are nearest-rank percentiles of all samples of the range, whatever its length and the number of queries:
/// exact up to 4,096 samples of a VM, above that with a relative error of at most half a percent (see PercentileError).
/// Metrics without values for a VM are omitted.
/// </remarks>
/// <example>
/// <code>Measure-VmTelemetry -Last 1d | Sort-Object P95 -Descending</code>
/// Shows the usage of each VM over the day.
/// </example>
/// <example>
/// <code>Get-MonitoredVm db* | Measure-VmTelemetry -Last 30d -Device -Metric *LatencyMilliseconds</code>
/// Shows the disk latencies of the databases in the last thirty days.
/// </example>
[Cmdlet(VerbsDiagnostic.Measure, "VmTelemetry", DefaultParameterSetName = LatestSet)]
[OutputType(typeof(VmTelemetryStatistics))]
public sealed class MeasureVmTelemetryCommand : VmTelemetryCmdletBase
{
    private static readonly VmTelemetryMetric[] s_vmMetrics =
    [
        VmMetrics.CpuPercent, VmMetrics.MemoryUsedPercent, VmMetrics.MemoryRssBytes, VmMetrics.NetRxBytesPerSecond,
        VmMetrics.NetTxBytesPerSecond, VmMetrics.DiskReadBytesPerSecond, VmMetrics.DiskWriteBytesPerSecond,
    ];

    private static readonly VmTelemetryMetric[] s_deviceMetrics =
    [
        DeviceMetrics.RxBytesPerSecond, DeviceMetrics.TxBytesPerSecond, DeviceMetrics.ReadBytesPerSecond, DeviceMetrics.WriteBytesPerSecond,
        DeviceMetrics.ReadLatencyMilliseconds, DeviceMetrics.WriteLatencyMilliseconds,
    ];

    private protected override async Task ReadAsync(
        TelemetryReader reader,
        IReadOnlyList<MonitoredVm>? vms,
        TimeRange? range,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<VmTelemetryMetric> metrics = NamedMetrics() ?? (Device ? s_deviceMetrics : s_vmMetrics);
        if (metrics.Count == 0)
        {
            return;
        }

        SeriesRequest request = new(Set, vms, metrics, Device ? new DeviceFilter() : null);
        foreach (VmTelemetryStatistics one in await reader.MeasureAsync(request, range ?? RangeOf(DefaultRange), cancellationToken))
        {
            output.Write(one);
        }
    }
}
