namespace VmStats.Errors;

/// <summary>The stable ids of errors, by area. Each comment says how to fix the error; the table in about_VmStats is made from them.</summary>
/// <content>VMs, metrics, ranges</content>
internal static partial class ErrorIds
{
    /// <summary>Get-MonitoredVm lists the VMs; a name may hold wildcards.</summary>
    public const string VmNotFound = nameof(VmNotFound);

    /// <summary>Name the VM by its UUID; the message lists the candidates.</summary>
    public const string AmbiguousVm = nameof(AmbiguousVm);

    /// <summary>Get-VmTelemetry -Device lists the devices; a name may hold wildcards.</summary>
    public const string DeviceNotFound = nameof(DeviceNotFound);

    /// <summary>Name VMs by -Name or -Uuid, or pipe them in, not both.</summary>
    public const string VmsNamedTwice = nameof(VmsNamedTwice);

    /// <summary>Get-VmTelemetryMetric lists the metrics; -Device asks about devices, not VMs.</summary>
    public const string MetricNotFound = nameof(MetricNotFound);

    /// <summary>Name one metric to rank by; Get-VmTelemetryMetric lists them.</summary>
    public const string MetricAmbiguous = nameof(MetricAmbiguous);

    /// <summary>Name the metric that ranks devices, such as -OrderBy WriteBytesPerSecond.</summary>
    public const string OrderByMissing = nameof(OrderByMissing);

    /// <summary>-Finish must be later than -Start.</summary>
    public const string RangeIsEmpty = nameof(RangeIsEmpty);

    /// <summary>Ask an InfluxDB 1.x or 2.x with -Language InfluxQL; ask an embedded store with Get-VmTelemetry.</summary>
    public const string QueryLanguageNotSupported = nameof(QueryLanguageNotSupported);

    /// <summary>A query takes strings, numbers, Booleans and times; for a list, write one parameter per value.</summary>
    public const string QueryParameterNotSupported = nameof(QueryParameterNotSupported);
}
