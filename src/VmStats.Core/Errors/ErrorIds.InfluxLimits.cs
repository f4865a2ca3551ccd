namespace VmStats.Errors;

/// <content>InfluxDB: server limits</content>
internal static partial class ErrorIds
{
    /// <summary>Ask for a shorter range (72 hours at most on InfluxDB 3 Core with its default limit), or raise --query-file-limit on the server.</summary>
    public const string InfluxFileLimit = nameof(InfluxFileLimit);

    /// <summary>Ask for a shorter range or fewer columns, or give the server more memory (--exec-mem-pool-bytes).</summary>
    public const string InfluxOutOfMemory = nameof(InfluxOutOfMemory);

    /// <summary>Ask for a shorter range, or raise query-timeout on the server.</summary>
    public const string InfluxQueryTimeLimit = nameof(InfluxQueryTimeLimit);

    /// <summary>Remove what is no longer needed, or use a server without this limit (InfluxDB Enterprise, or one database per group of hosts).</summary>
    public const string InfluxDatabaseLimit = nameof(InfluxDatabaseLimit);

    /// <summary>Remove what is no longer needed, or use a server without this limit (InfluxDB Enterprise, or one database per group of hosts).</summary>
    public const string InfluxTableLimit = nameof(InfluxTableLimit);

    /// <summary>Remove what is no longer needed, or use a server without this limit (InfluxDB Enterprise, or one database per group of hosts).</summary>
    public const string InfluxColumnLimit = nameof(InfluxColumnLimit);

    /// <summary>Send fewer points at a time, or raise the server's maximum request size.</summary>
    public const string InfluxRequestTooLarge = nameof(InfluxRequestTooLarge);
}
