using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VmStats.PowerShell.Completion;

/// <summary>Completes metric names, with unit and meaning as the tooltip; after -Device, the names of device metrics.</summary>
public sealed class MetricNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        bool? device = commandName.Equals("Get-VmTelemetryMetric", StringComparison.OrdinalIgnoreCase)
            ? null
            : fakeBoundParameters.Contains("Device") || fakeBoundParameters.Contains("DeviceName");
        return CompletionText.Match(
            wordToComplete,
            MetricCatalog.All
                .Where(metric => device is null || metric.AppliesTo != VmTelemetryMetricSubject.Vm == device)
                .Select(metric => (metric.Name, $"{metric.Name} ({metric.Unit}): {metric.Meaning}")));
    }
}
