namespace VmStats.Errors;

/// <content>InfluxDB: managing a server</content>
internal static partial class ErrorIds
{
    /// <summary>The database exists with another retention; alter its policy on the server, or omit -RetentionPeriod.</summary>
    public const string InfluxRetentionConflict = nameof(InfluxRetentionConflict);

    /// <summary>InfluxDB 1.x keeps data for at least an hour.</summary>
    public const string InfluxRetentionTooShort = nameof(InfluxRetentionTooShort);

    /// <summary>It exists already; nothing was changed.</summary>
    public const string InfluxAlreadyExists = nameof(InfluxAlreadyExists);
}
