namespace VmStats.Errors;

/// <content>InfluxDB: databases, tables and columns</content>
internal static partial class ErrorIds
{
    /// <summary>Check the database's name (INFLUX_DB or -Database); Initialize-VmStatsDatabase creates it.</summary>
    public const string InfluxDatabaseNotFound = nameof(InfluxDatabaseNotFound);

    /// <summary>Check the bucket's name (INFLUX_DB or -Database): InfluxDB 2.x maps a database to a bucket of that name, or by an explicit mapping (influx v1 dbrp create).</summary>
    public const string InfluxMappingNotFound = nameof(InfluxMappingNotFound);

    /// <summary>The database has mappings, and none of them is the default: influx v1 dbrp update --default. If the token may not list them, it may also lack the permission to read, or the bucket doesn't exist.</summary>
    public const string InfluxDefaultPolicyNotSet = nameof(InfluxDefaultPolicyNotSet);

    /// <summary>Check the retention policy's name, or omit it to use the database's default.</summary>
    public const string InfluxRetentionPolicyNotFound = nameof(InfluxRetentionPolicyNotFound);

    /// <summary>Wait until the server has removed the deleted database, or use another name.</summary>
    public const string InfluxDatabaseDeleted = nameof(InfluxDatabaseDeleted);

    /// <summary>A database's name is made of ASCII letters, digits, hyphens and underscores, and begins with a letter or digit.</summary>
    public const string InfluxDatabaseNameInvalid = nameof(InfluxDatabaseNameInvalid);

    /// <summary>Name the database: INFLUX_DB or Connect-VmStats -Database.</summary>
    public const string InfluxDatabaseNotNamed = nameof(InfluxDatabaseNotNamed);

    /// <summary>Create the last-value cache with Initialize-VmStatsDatabase, or query without it.</summary>
    public const string InfluxCacheNotFound = nameof(InfluxCacheNotFound);

    /// <summary>Name an existing table as last_cache's or distinct_cache's first argument.</summary>
    public const string InfluxCacheTableInvalid = nameof(InfluxCacheTableInvalid);

    /// <summary>Check the table's name and its case: SHOW TABLES lists them; unquoted names are folded to lower case.</summary>
    public const string InfluxTableNotFound = nameof(InfluxTableNotFound);

    /// <summary>The requested object doesn't exist, or was deleted meanwhile: Initialize-VmStatsDatabase creates what is missing.</summary>
    public const string InfluxResourceNotFound = nameof(InfluxResourceNotFound);

    /// <summary>Put the column's name in double quotes and check its case: the message lists the columns that exist.</summary>
    public const string InfluxColumnNotFound = nameof(InfluxColumnNotFound);

    /// <summary>Check the function's name; the message proposes one.</summary>
    public const string InfluxFunctionNotFound = nameof(InfluxFunctionNotFound);

    /// <summary>The server failed on this request; its log has details. InfluxDB 3 also reports mistakes in a query this way.</summary>
    public const string InfluxServerError = nameof(InfluxServerError);

    /// <summary>The server's message has the reason; its log may have details.</summary>
    public const string InfluxRequestRefused = nameof(InfluxRequestRefused);
}
