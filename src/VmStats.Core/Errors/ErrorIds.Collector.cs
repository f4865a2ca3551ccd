namespace VmStats.Errors;

/// <content>Collector</content>
internal static partial class ErrorIds
{
    /// <summary>Get-VmTelemetryCollector lists the collectors of this session.</summary>
    public const string CollectorNotFound = nameof(CollectorNotFound);

    /// <summary>Free some space in the spool's folder, and make it writable by this user only (chmod go-w).</summary>
    public const string SpoolWriteFailed = nameof(SpoolWriteFailed);
}
