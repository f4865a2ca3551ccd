namespace VmStats.Errors;

/// <content>Memory dumps: the original's dump service</content>
internal static partial class ErrorIds
{
    /// <summary>Check that -ServiceUrl names the original's dump service.</summary>
    public const string DumpServiceAnswerInvalid = nameof(DumpServiceAnswerInvalid);

    /// <summary>Wait, and look at Get-MemoryDumpStatus -ServiceUrl.</summary>
    public const string DumpServiceBusy = nameof(DumpServiceBusy);

    /// <summary>Look at the service's log.</summary>
    public const string DumpServiceDumpFailed = nameof(DumpServiceDumpFailed);

    /// <summary>Look at the service's log.</summary>
    public const string DumpServiceFailed = nameof(DumpServiceFailed);

    /// <summary>Run Invoke-MemoryDump on the host itself.</summary>
    public const string DumpServiceNameAmbiguous = nameof(DumpServiceNameAmbiguous);

    /// <summary>Pipe VMs in: the service takes no wildcards.</summary>
    public const string DumpServiceNameNeeded = nameof(DumpServiceNameNeeded);

    /// <summary>Start one with Invoke-MemoryDump -ServiceUrl.</summary>
    public const string DumpServiceNoDump = nameof(DumpServiceNoDump);

    /// <summary>Check that -ServiceUrl (MEMDUMP_SERVICE_URL) names the dump service.</summary>
    public const string DumpServiceNotFound = nameof(DumpServiceNotFound);

    /// <summary>Set MEMDUMP_SERVICE_URL, or give -ServiceUrl.</summary>
    public const string DumpServiceNotNamed = nameof(DumpServiceNotNamed);

    /// <summary>The service itself requires no credentials: a proxy in front of it does; otherwise check its log.</summary>
    public const string DumpServiceRefused = nameof(DumpServiceRefused);

    /// <summary>The dump continues: watch it with Get-MemoryDumpStatus -ServiceUrl.</summary>
    public const string DumpServiceTimeout = nameof(DumpServiceTimeout);

    /// <summary>Check that it runs and that -ServiceUrl names it.</summary>
    public const string DumpServiceUnavailable = nameof(DumpServiceUnavailable);

    /// <summary>Give it as http://host:5001, without user, password or query.</summary>
    public const string DumpServiceUrlInvalid = nameof(DumpServiceUrlInvalid);
}
