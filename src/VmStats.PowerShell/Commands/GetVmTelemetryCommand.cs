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

/// <summary>Gets the telemetry of VMs: the latest sample of each with its rates, or the samples of a range, plain or in buckets.</summary>
/// <remarks>
/// Without a range, each VM's latest sample, silent VMs included (Quality is Stale). With -Last or -Start, the samples
/// of the range in order of time, as they arrive; with -Interval, one object per bucket and VM. Rates are per second
/// since the sample before, and absent where a counter went back; what the hypervisor or the guest didn't report is
/// null, never zero. With -Metric, the properties of other metrics are null. Buckets are aligned to 1970-01-01 UTC; the
/// first and the last may be cut by the range.
/// </remarks>
/// <example>
/// <code>Get-VmTelemetry</code>
/// How are all VMs now?
/// </example>
/// <example>
/// <code>Get-MonitoredVm web* | Get-VmTelemetry -Last 1h | Where-Object CpuPercent -gt 80</code>
/// When in the last hour were the web servers busy?
/// </example>
/// <example>
/// <code>Get-VmTelemetry db01 -Device -Start 2026-01-31T13:00:00Z -Finish 2026-01-31T13:05:00Z</code>
/// What did each disk and network interface of db01 do in those five minutes?
/// </example>
/// <example>
/// <code>Get-VmTelemetry -Last 1d -Interval 15m -Rollup P95 -Metric Cpu*Percent -Top 5</code>
/// How busy were the five busiest VMs of the day, by quarter hours?
/// </example>
/// <example>
/// <code>Get-VmTelemetry db01 -Last 7d -Interval Auto -Fill Null -As Sample | Export-Csv db01.csv</code>
/// A week of db01, one row a metric and bucket, gaps included.
/// </example>
[Cmdlet(VerbsCommon.Get, "VmTelemetry", DefaultParameterSetName = LatestSet)]
[OutputType(typeof(VmTelemetry), typeof(VmDeviceTelemetry), typeof(VmTelemetrySample))]
public sealed class GetVmTelemetryCommand : VmTelemetryCmdletBase
{
    private readonly HashSet<string> _devices = new(StringComparer.Ordinal);

    /// <summary>Only the devices of these names, such as vda or vnet*; wildcards are allowed. Implies -Device.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DeviceNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? DeviceName { get; set; }

    /// <summary>The width of the buckets, such as 30s, 5m, 1h; or Auto, the width by which the range has some 120 buckets at most. Without a range, of the last hour.</summary>
    [Parameter]
    [DurationTransformation(NullWord = "Auto")]
    [ArgumentCompleter(typeof(IntervalCompleter))]
    public TimeSpan? Interval { get; set; }

    /// <summary>How the samples of a bucket become one value. Percentiles are nearest rank over the samples. The sum of a counter is its growth. Without -Interval, buckets are of width Auto; with -Top, it also ranks.</summary>
    [Parameter]
    public TelemetryRollup Rollup { get; set; } = TelemetryRollup.Average;

    /// <summary>What stands for a bucket without samples, from a VM's first bucket to the end of the range.</summary>
    [Parameter]
    public TelemetryFill Fill { get; set; } = TelemetryFill.None;

    /// <summary>Only so many VMs (or devices): those with the greatest value of -OrderBy, now or, rolled up by -Rollup, over the range.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Top { get; set; }

    /// <summary>The metric that ranks: latest samples are given greatest first. Without it, -Top ranks VMs by CpuPercent; devices need it.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MetricNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? OrderBy { get; set; }

    /// <summary>Wide: one object with a property per metric. Sample: one object per metric that has a value, with Unit and Instance.</summary>
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

        // Silence is the right answer for a device that had nothing to say then, and the wrong one for a misspelt name.
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
