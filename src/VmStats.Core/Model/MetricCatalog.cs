using VmStats.Errors;
using VmStats.Text;

namespace VmStats;

/// <summary>All metrics of VMs, NICs and disks.</summary>
internal static class MetricCatalog
{
    /// <summary>Every metric: those of VMs first, then NICs, then disks.</summary>
    public static IReadOnlyList<VmTelemetryMetric> All { get; } =
        [.. VmMetrics.Set.Metrics, .. DeviceMetrics.Set.Metrics.OrderBy(metric => metric.AppliesTo)];

    /// <summary>Returns the metrics of a subject.</summary>
    public static IEnumerable<VmTelemetryMetric> Of(VmTelemetryMetricSubject subject) =>
        All.Where(metric => metric.AppliesTo == subject);

    /// <summary>Returns the set that contains a subject's metrics.</summary>
    public static MetricSet SetOf(VmTelemetryMetricSubject subject) =>
        subject == VmTelemetryMetricSubject.Vm ? VmMetrics.Set : DeviceMetrics.Set;

    /// <summary>Returns the metrics whose names match any of the patterns, without duplicates, in the order of the catalogue.</summary>
    /// <param name="patterns">Names or wildcards (<c>*</c>, <c>?</c>).</param>
    /// <param name="subjects">The subjects that the metrics may describe.</param>
    /// <exception cref="VmStatsException">No metric has a name that was given without wildcards: <c>MetricNotFound</c>.</exception>
    public static IReadOnlyList<VmTelemetryMetric> Resolve(
        IReadOnlyList<string> patterns, params VmTelemetryMetricSubject[] subjects)
    {
        VmTelemetryMetric[] candidates = All.Where(metric => subjects.Contains(metric.AppliesTo)).ToArray();
        HashSet<VmTelemetryMetric> chosen = [];
        foreach (string pattern in patterns)
        {
            NamePattern name = new(pattern);
            bool matched = false;
            foreach (VmTelemetryMetric metric in candidates.Where(metric => name.Matches(metric.Name)))
            {
                matched = true;
                chosen.Add(metric);
            }

            if (!matched && !name.IsWildcard)
            {
                throw new VmStatsException(
                    ErrorIds.MetricNotFound,
                    VmStatsErrorKind.NotFound,
                    All.FirstOrDefault(metric => name.Matches(metric.Name)) is VmTelemetryMetric other
                        ? $"'{other.Name}' describes a {other.AppliesTo}, not a {string.Join(" or ", subjects)}."
                        : $"There is no metric '{pattern}'.",
                    "Get-VmTelemetryMetric lists the metrics with their units; -Device of Get-VmTelemetry and Measure-VmTelemetry asks about devices, not VMs.",
                    pattern);
            }
        }

        return candidates.Where(chosen.Contains).ToArray();
    }
}
