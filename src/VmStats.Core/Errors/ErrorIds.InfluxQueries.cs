namespace VmStats.Errors;

/// <content>InfluxDB: queries</content>
internal static partial class ErrorIds
{
    /// <summary>Give every $name of the query a value with -Parameter.</summary>
    public const string InfluxParameterMissing = nameof(InfluxParameterMissing);

    /// <summary>A parameter is a string, a number, a Boolean or null; a list needs a parameter for each element.</summary>
    public const string InfluxParameterUnsupported = nameof(InfluxParameterUnsupported);

    /// <summary>A parameter is a string, a number or a Boolean.</summary>
    public const string InfluxParameterMalformed = nameof(InfluxParameterMalformed);

    /// <summary>Correct the query text; the server's message shows where the error is.</summary>
    public const string InfluxSqlSyntax = nameof(InfluxSqlSyntax);

    /// <summary>Correct the query text; the server's message shows where the error is.</summary>
    public const string InfluxQLSyntax = nameof(InfluxQLSyntax);

    /// <summary>The query endpoint only reads: write points with the module, create tables with Initialize-VmStatsDatabase.</summary>
    public const string InfluxReadOnlyQuery = nameof(InfluxReadOnlyQuery);

    /// <summary>Send one statement at a time.</summary>
    public const string InfluxSingleStatement = nameof(InfluxSingleStatement);

    /// <summary>This server doesn't offer it; the message names the feature.</summary>
    public const string InfluxNotImplemented = nameof(InfluxNotImplemented);

    /// <summary>Give the query a lower and an upper bound of time.</summary>
    public const string InfluxGapFillUnbounded = nameof(InfluxGapFillUnbounded);

    /// <summary>Write times as 2026-01-01T00:00:00Z.</summary>
    public const string InfluxTimestampInvalid = nameof(InfluxTimestampInvalid);

    /// <summary>The function doesn't support a column of this type.</summary>
    public const string InfluxTypeUnsupported = nameof(InfluxTypeUnsupported);

    /// <summary>Correct the query text; the server's message shows where the error is.</summary>
    public const string InfluxSqlPlanning = nameof(InfluxSqlPlanning);

    /// <summary>Correct the query text; the server's message shows where the error is.</summary>
    public const string InfluxQuerySchema = nameof(InfluxQuerySchema);
}
