using System.Management.Automation;
using VmStats.Errors;
using VmStats.Points;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Transformation;
using VmStats.Telemetry;
using VmStats.Telemetry.Rollups;
using VmStats.Telemetry.Series;
using VmStats.Text;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the telemetry of VMs: the latest sample of each with its rates, or the samples of a time range, plain or aggregated into buckets.</summary>
/// <remarks>
/// Without a range, gets the latest sample of each VM, including VMs that no longer report (Quality is Stale). With -Last
/// or -Start, gets the samples of the range in time order, as they arrive; with -Interval, one object per bucket and VM.
/// Rates are per second since the previous sample, and null if a counter decreased. A value that the hypervisor or the
/// guest didn't report is null, never zero. With -Metric, the properties of other metrics are null. Buckets are aligned to
/// 1970-01-01 UTC; the range may cut the first and the last one.
/// </remarks>
/// <example>
/// <code>Get-VmTelemetry</code>
/// Shows the current state of all VMs.
/// </example>
/// <example>
/// <code>Get-MonitoredVm web* | Get-VmTelemetry -Last 1h | Where-Object CpuPercent -gt 80</code>
/// Shows when the web servers were busy in the last hour.
/// </example>
/// <example>
/// <code>Get-VmTelemetry db01 -Device -Start 2026-01-31T13:00:00Z -Finish 2026-01-31T13:05:00Z</code>
/// Shows the activity of each disk and network interface of db01 in those five minutes.
/// </example>
/// <example>
/// <code>Get-VmTelemetry -Last 1d -Interval 15m -Rollup P95 -Metric Cpu*Percent -Top 5</code>
/// Shows the CPU load of the day's five busiest VMs, by quarter hours.
/// </example>
/// <example>
/// <code>Get-VmTelemetry db01 -Last 7d -Interval Auto -Fill Null -As Sample | Export-Csv db01.csv</code>
/// Exports a week of db01, one row per metric and bucket, gaps included.
/// </example>
[Cmdlet(VerbsCommon.Get, "VmTelemetry", DefaultParameterSetName = LatestSet)]
[OutputType(typeof(VmTelemetry), typeof(VmDeviceTelemetry), typeof(VmTelemetrySample))]
public sealed class GetVmTelemetryCommand : VmTelemetryCmdletBase
{
    private readonly HashSet<string> _devices = new(StringComparer.Ordinal);

    /// <summary>Only the devices with these names, such as vda or vnet*; wildcards are allowed. Implies -Device.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DeviceNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? DeviceName { get; set; }

    /// <summary>The width of the buckets, such as 30s, 5m or 1h, or Auto for a width that gives at most about 120 buckets. Without a range, the last hour is used.</summary>
    [Parameter]
    [DurationTransformation(NullWord = "Auto")]
    [ArgumentCompleter(typeof(IntervalCompleter))]
    public TimeSpan? Interval { get; set; }

    /// <summary>How the samples of a bucket are aggregated to one value. Percentiles are nearest-rank percentiles of the samples. The sum of a counter is its increase. Without -Interval, the bucket width is Auto. With -Top, the ranking uses the same aggregation.</summary>
    [Parameter]
    public TelemetryRollup Rollup { get; set; } = TelemetryRollup.Average;

    /// <summary>How buckets without samples are filled, from a VM's first bucket to the end of the range.</summary>
    [Parameter]
    public TelemetryFill Fill { get; set; } = TelemetryFill.None;

    /// <summary>The maximum number of VMs (or devices): those with the greatest latest value of -OrderBy or, with a range, the greatest value aggregated by -Rollup over the range.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Top { get; set; }

    /// <summary>The metric to rank by; latest samples are sorted by it in descending order. By default, -Top ranks VMs by CpuPercent; for devices, -OrderBy is required.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MetricNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? OrderBy { get; set; }

    /// <summary>The shape of the output. Wide: one object with a property per metric. Sample: one object per metric that has a value, with Unit and Instance.</summary>
    [Parameter]
    public TelemetryShape As { get; set; } = TelemetryShape.Wide;

    private protected override bool IsOfDevices => Device || DeviceName is not null;

    private bool IsBucketed => IsBound(nameof(Interval)) || IsBound(nameof(Rollup)) || IsBound(nameof(Fill));

    private protected override async Task ReadAsync(
        TelemetryReader reader,
        IReadOnlyList<MonitoredVm>? vms,
        TimeRange? range,
        CommandOutput output,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<VmTelemetryMetric>? named = NamedMetrics();
        if (named is { Count: 0 })
        {
            return;
        }

        NamePattern[]? names = DeviceName?.Select(name => new NamePattern(name)).ToArray();
        SeriesRequest request = new(Set, vms, named, IsOfDevices ? new DeviceFilter(Names: names) : null);
        await ReadAsync(reader, request, range, output, cancellationToken);

        if (names is null)
        {
            return;
        }

        // No output is right for a device without samples in the range, but a misspelt name must be reported.
        NamePattern[] silent = names.Where(name => !_devices.Any(name.Matches)).ToArray();
        foreach (VmStatsException error in await reader.FindUnknownDevicesAsync(vms, silent, cancellationToken))
        {
            output.Error(error);
        }
    }

    private async Task ReadAsync(
        TelemetryReader reader, SeriesRequest request, TimeRange? range, CommandOutput output, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmTelemetryMetric> metrics = request.Metrics ?? Set.Metrics;
        VmTelemetryMetric? ranking = Ranking();
        if ((range ?? (IsBucketed ? RangeOf(DefaultRange) : null)) is not TimeRange bounded)
        {
            await ReadLatestAsync(reader, request, ranking, item => Write(output, item, metrics), cancellationToken);
            return;
        }

        if (ranking is not null)
        {
            request = await reader.RankAsync(request, bounded, ranking, Rollup, Top ?? int.MaxValue, cancellationToken);
        }

        IAsyncEnumerable<object> items = (IsBucketed, IsOfDevices) switch
        {
            (false, false) => reader.GetRangeAsync(request, bounded, cancellationToken),
            (false, true) => reader.GetDeviceRangeAsync(request, bounded, cancellationToken),
            (true, false) => reader.GetBucketsAsync(request, bounded, ToRollup(bounded, metrics), cancellationToken),
            (true, true) => reader.GetDeviceBucketsAsync(request, bounded, ToRollup(bounded, metrics), cancellationToken),
        };
        await foreach (object item in items)
        {
            Write(output, item, metrics);
        }
    }

    private async Task ReadLatestAsync(
        TelemetryReader reader, SeriesRequest request, VmTelemetryMetric? ranking, Action<object> write, CancellationToken cancellationToken)
    {
        if (ranking is not null)
        {
            int count = Top ?? int.MaxValue;
            IEnumerable<object> best = IsOfDevices
                ? await reader.GetTopDevicesAsync(request, ranking, count, cancellationToken)
                : await reader.GetTopAsync(request, ranking, count, cancellationToken);
            foreach (object item in best)
            {
                write(item);
            }

            return;
        }

        IAsyncEnumerable<object> latest = IsOfDevices
            ? reader.GetLatestDevicesAsync(request, cancellationToken)
            : reader.GetLatestAsync(request, reportMissing: true, cancellationToken);
        await foreach (object item in latest)
        {
            write(item);
        }
    }

    private VmTelemetryMetric? Ranking()
    {
        if (OrderBy is not null)
        {
            IReadOnlyList<VmTelemetryMetric> found = MetricCatalog.Resolve([OrderBy], Subjects);
            return found.Count == 1 ? found[0] : throw new VmStatsException(
                ErrorIds.MetricAmbiguous,
                VmStatsErrorKind.InvalidArgument,
                $"'{OrderBy}' stands for {found.Count} metrics; only one can rank.",
                "Get-VmTelemetryMetric lists the metrics.",
                OrderBy);
        }

        return Top is null ? null : !IsOfDevices ? VmMetrics.CpuPercent : throw new VmStatsException(
            ErrorIds.OrderByMissing,
            VmStatsErrorKind.InvalidArgument,
            "-Top of devices needs the metric that ranks them.",
            "Name it with -OrderBy, such as -OrderBy WriteBytesPerSecond.",
            null);
    }

    private RollupRequest ToRollup(TimeRange range, IReadOnlyList<VmTelemetryMetric> metrics)
    {
        TimeSpan width = Interval ?? AutoInterval.For(UnixTime.FromNanoseconds(range.Finish!.Value) - UnixTime.FromNanoseconds(range.Start!.Value));
        return new RollupRequest(width.Ticks * UnixTime.NanosecondsPerTick, Rollup, Fill, metrics);
    }

    private void Write(CommandOutput output, object item, IReadOnlyList<VmTelemetryMetric> metrics)
    {
        if (DeviceName is not null && item is VmDeviceTelemetry named)
        {
            _devices.Add(named.Device);
        }

        if (As == TelemetryShape.Wide)
        {
            output.Write(item);
            return;
        }

        foreach (VmTelemetrySample sample in item is VmDeviceTelemetry device ? SampleRows.Of(device, metrics) : SampleRows.Of((VmTelemetry)item, metrics))
        {
            output.Write(sample);
        }
    }

    private bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
