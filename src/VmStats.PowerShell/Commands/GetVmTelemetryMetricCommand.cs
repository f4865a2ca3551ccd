using System.Management.Automation;
using VmStats.PowerShell.Abstractions;
using VmStats.PowerShell.Completion;

namespace VmStats.PowerShell.Commands;

/// <summary>Gets the metrics: name, unit, kind, meaning, and the source that each is read or computed from.</summary>
/// <example>
/// <code>Get-VmTelemetryMetric Disk*</code>
/// Lists the disk metrics and their units.
/// </example>
/// <example>
/// <code>Get-VmTelemetryMetric -AppliesTo Nic | Where-Object Kind -eq Rate</code>
/// Lists the rates of a network interface.
/// </example>
[Cmdlet(VerbsCommon.Get, "VmTelemetryMetric")]
[OutputType(typeof(VmTelemetryMetric))]
public sealed class GetVmTelemetryMetricCommand : VmStatsCmdletBase
{
    private static readonly VmTelemetryMetricSubject[] s_everything = Enum.GetValues<VmTelemetryMetricSubject>();

    /// <summary>The names of metrics; wildcards are allowed. By default, all metrics.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MetricNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the metrics of a VM as a whole, of a network interface, or of a disk.</summary>
    [Parameter]
    public VmTelemetryMetricSubject? AppliesTo { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (string name in Name)
        {
            try
            {
                WriteObject(MetricCatalog.Resolve([name], AppliesTo is VmTelemetryMetricSubject one ? [one] : s_everything), enumerateCollection: true);
            }
            catch (VmStatsException e)
            {
                WriteError(e);
            }
        }
    }
}
