using VmStats.Points;

namespace VmStats.Telemetry.Series;

/// <summary>Converts telemetry objects to the long form: one object per metric.</summary>
internal static class SampleRows
{
    /// <summary>Returns the metrics of a VM that have a value; if its bucket is empty, all of them.</summary>
    public static IEnumerable<VmTelemetrySample> Of(VmTelemetry vm, IReadOnlyList<VmTelemetryMetric> metrics) =>
        Of(vm.Data, vm.Name, "", vm.SampleCount, metrics);

    /// <summary>Returns the metrics of a device that have a value; if its bucket is empty, all metrics of its device type.</summary>
    public static IEnumerable<VmTelemetrySample> Of(VmDeviceTelemetry device, IReadOnlyList<VmTelemetryMetric> metrics)
    {
        VmTelemetryMetricSubject subject = device.DeviceType == "nic" ? VmTelemetryMetricSubject.Nic : VmTelemetryMetricSubject.Disk;
        return Of(device.Data, device.Name, device.Device, device.SampleCount, metrics.Where(metric => metric.AppliesTo == subject));
    }

    private static IEnumerable<VmTelemetrySample> Of(
        SampleData data, string name, string instance, int? samples, IEnumerable<VmTelemetryMetric> metrics)
    {
        foreach (VmTelemetryMetric metric in metrics)
        {
            double? value = data.Get(metric);
            if (value is null && samples != 0)
            {
                continue;
            }

            yield return new VmTelemetrySample
            {
                Name = name,
                Uuid = data.Identity.Uuid,
                TimeUtc = UnixTime.FromNanoseconds(data.Time).UtcDateTime,
                Metric = metric.Name,
                Value = value,
                Unit = metric.Unit,
                Instance = instance,
                Interval = data.Interval,
                Quality = data.Quality,
            };
        }
    }
}
