using System.ComponentModel;
using System.Management.Automation;
using VmStats.Errors;
using VmStats.PowerShell.Completion;
using VmStats.PowerShell.Output;
using VmStats.PowerShell.Targets;
using VmStats.PowerShell.Transformation;
using VmStats.Telemetry;
using VmStats.Telemetry.Series;

namespace VmStats.PowerShell.Abstractions;

/// <summary>The base class of cmdlets that read the telemetry of VMs, selected by VM and time range.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class VmTelemetryCmdletBase : VmCmdletBase
{
    private protected const string LatestSet = "Latest";
    private protected const string LastSet = "Last";
    private protected const string RangeSet = "Range";

    /// <summary>The range that is used if a query needs one and none is given.</summary>
    private protected static readonly TimeSpan DefaultRange = TimeSpan.FromHours(1);

    private readonly VmTargets _targets = new();

    /// <summary>Returns telemetry of each disk and network interface instead of the VM as a whole.</summary>
    [Parameter]
    public SwitchParameter Device { get; set; }

    /// <summary>Only these metrics; wildcards are allowed. Get-VmTelemetryMetric lists them.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MetricNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Metric { get; set; }

    /// <summary>The length of a range that ends now, such as 90s, 5m, 1h or 7d.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LastSet)]
    [DurationTransformation]
    [ArgumentCompleter(typeof(RangeCompleter))]
    public TimeSpan Last { get; set; }

    /// <summary>The start of the range, inclusive: a time, or a duration before now.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RangeSet)]
    [TimeTransformation]
    [ArgumentCompleter(typeof(RangeCompleter))]
    public DateTimeOffset Start { get; set; }

    /// <summary>The end of the range, exclusive: a time, or a duration before now. By default, now.</summary>
    [Parameter(ParameterSetName = RangeSet)]
    [TimeTransformation]
    [ArgumentCompleter(typeof(RangeCompleter))]
    [Alias("End")]
    public DateTimeOffset? Finish { get; set; }

    /// <summary>True if the command returns telemetry of devices rather than of VMs as a whole.</summary>
    private protected virtual bool IsOfDevices => Device;

    /// <summary>The subjects whose metrics are allowed: devices, or VMs as a whole.</summary>
    private protected VmTelemetryMetricSubject[] Subjects =>
        IsOfDevices ? [VmTelemetryMetricSubject.Nic, VmTelemetryMetricSubject.Disk] : [VmTelemetryMetricSubject.Vm];

    /// <summary>The metrics of VMs, or those of devices.</summary>
    private protected MetricSet Set => IsOfDevices ? DeviceMetrics.Set : VmMetrics.Set;

    /// <summary>The metrics that -Metric names; null without it.</summary>
    private protected IReadOnlyList<VmTelemetryMetric>? NamedMetrics() => Metric is null ? null : MetricCatalog.Resolve(Metric, Subjects);

    /// <inheritdoc/>
    private protected override void Begin() => VmTargets.ThrowIfNamedTwice(MyInvocation);

    /// <inheritdoc/>
    private protected override void Process() => _targets.Add(Uuid, Name);

    /// <inheritdoc/>
    private protected sealed override void End()
    {
        if (MyInvocation.ExpectingInput && _targets.IsEmpty)
        {
            // An empty pipeline selects no VMs; returning all of them would be wrong.
            return;
        }

        TimeRange? range = ReadRange();
        TelemetryReader reader = new(Store);
        Run(async (output, cancellationToken) =>
        {
            IReadOnlyList<MonitoredVm>? vms = await _targets.ResolveAsync(reader.ResolveAsync, output, cancellationToken);
            if (vms is not { Count: 0 })
            {
                await ReadAsync(reader, vms, range, output, cancellationToken);
            }
        });
    }

    /// <summary>Reads the requested telemetry and writes it to the output.</summary>
    /// <param name="reader">Reads the store.</param>
    /// <param name="vms">The VMs; null for all.</param>
    /// <param name="range">The range; null for the latest sample.</param>
    /// <param name="output">Receives the objects.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    private protected abstract Task ReadAsync(
        TelemetryReader reader,
        IReadOnlyList<MonitoredVm>? vms,
        TimeRange? range,
        CommandOutput output,
        CancellationToken cancellationToken);

    /// <summary>Returns the range of the given length, ending one second after now: the clocks of host and reader differ slightly, and the newest sample must be included.</summary>
    private protected static TimeRange RangeOf(TimeSpan last)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return TimeRange.Between(now - last, now.AddSeconds(1));
    }

    private TimeRange? ReadRange()
    {
        switch (ParameterSetName)
        {
            case LastSet:
                return RangeOf(Last);
            case RangeSet:
                DateTimeOffset finish = Finish ?? DateTimeOffset.UtcNow.AddSeconds(1);
                if (finish <= Start)
                {
                    throw new VmStatsException(
                        ErrorIds.RangeIsEmpty,
                        VmStatsErrorKind.InvalidArgument,
                        $"The range from {Start:O} to {finish:O} is empty.",
                        "-Finish must be later than -Start.",
                        Start);
                }

                return TimeRange.Between(Start, finish);
            default:
                return null;
        }
    }
}
