using VmStats.Errors;
using static VmStats.VmStatsErrorKind;

namespace VmStats.Stores.Influx.Errors;

/// <summary>A known error of a server: how it is recognised, and how it is reported.</summary>
/// <param name="Id">The stable error id.</param>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Status">Its HTTP status; 0 for any.</param>
/// <param name="Text">Part of the server's text, compared without case; empty for any.</param>
/// <param name="Recommendation">The recommended action.</param>
internal sealed record KnownError(string Id, VmStatsErrorKind Kind, int Status, string Text, string Recommendation)
{
    public bool IsTransient { get; init; }

    public bool Matches(int status, string text) =>
        (Status == 0 || Status == status) && text.Contains(Text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// All errors that InfluxDB 3, 2.x and 1.x are known to answer with. The first row that matches is used, so specific
/// rows come before general ones. Texts are the servers' own; old and new wordings have a row each.
/// </summary>
internal static class ErrorTable
{
    private const string CheckQuery = "Correct the query text; the server's message shows where the error is.";
    private const string CheckToken = "Check the token, and that it has not expired or been deleted on the server.";
    private const string AskForRight = "Use a token or user that has this right, or have the server's administrator grant it.";
    private const string ListDatabases = "Check the database's name (INFLUX_DB or -Database); Initialize-VmStatsDatabase creates it.";
    private const string CheckName = "Check the name (INFLUX_DB or -Database). Initialize-VmStatsDatabase creates it; where it can't, use the service's own tools.";
    private const string ReportDefect = "The module is incompatible with this version of the server; please report it with the server's version.";
    private const string CheckLimits = "Remove what is no longer needed, or use a server without this limit (InfluxDB Enterprise, or one database per group of hosts).";

    public static IReadOnlyList<KnownError> Known { get; } =
    [
        // Authentication and permissions
        new(ErrorIds.InfluxClientCertificateWanted, Protocol, 400, "No required SSL certificate was sent", "Specify the client certificate that was issued for you: -ClientCertificate, or INFLUX_CLIENT_CERT and INFLUX_CLIENT_KEY."),
        new(ErrorIds.InfluxClientCertificateRefused, Protocol, 400, "The SSL certificate error", "Use a client certificate that is valid and signed by an authority that this server trusts for clients."),
        new(ErrorIds.InfluxAuthorizationMalformed, Authentication, 400, "Authorization header was malformed", "Check the token for blanks, line ends and other characters that don't belong to it."),
        new(ErrorIds.InfluxCredentialsMissing, Authentication, 401, "unable to parse authentication credentials", "This server requires a user name and password: Connect-VmStats -Credential, or user:password in the URL."),
        new(ErrorIds.InfluxCredentialsRefused, Authentication, 401, "authorization failed", "Check the user name and password (Connect-VmStats -Credential, or those in the URL)."),
        new(ErrorIds.InfluxBearerNotEnabled, Authentication, 401, "bearer auth", "InfluxDB 1.x accepts a token only if it is configured with a shared secret: use -Credential."),
        new(ErrorIds.InfluxNotAuthenticated, Authentication, 401, "", CheckToken),
        new(ErrorIds.InfluxTokenLacksPermission, PermissionDenied, 403, "unauthorized to perform requested action with the token", AskForRight),
        new(ErrorIds.InfluxNoAdminUser, PermissionDenied, 403, "create admin user first or disable authentication", "Create the first user on the server: CREATE USER name WITH PASSWORD '...' WITH ALL PRIVILEGES."),
        new(ErrorIds.InfluxUserLacksWriteAccess, PermissionDenied, 403, "not authorized to write to database", AskForRight),
        new(ErrorIds.InfluxUserLacksReadAccess, PermissionDenied, 403, "not authorized to execute statement", AskForRight),
        new(ErrorIds.InfluxUserLacksWriteAccess, PermissionDenied, 403, "insufficient permissions for write", AskForRight),
        new(ErrorIds.InfluxForbidden, PermissionDenied, 403, "", AskForRight),
        new(ErrorIds.InfluxStartedWithoutAuthentication, NotSupported, 405, "endpoint disabled, started without auth", "The server runs without authentication, so it has no tokens: omit the token."),

        // Databases, tables and other objects
        new(ErrorIds.InfluxDatabaseNotFound, NotFound, 0, "database not found", ListDatabases),
        new(ErrorIds.InfluxDatabaseNotFound, NotFound, 404, "bucket \"", ListDatabases),
        new(ErrorIds.InfluxMappingNotFound, NotFound, 404, "no dbrp mapping found", "Check the bucket's name (INFLUX_DB or -Database): InfluxDB 2.x maps a database to a bucket of that name, or by an explicit mapping (influx v1 dbrp create)."),
        new(ErrorIds.InfluxDefaultPolicyNotSet, NotFound, 0, "default retention policy not set", "InfluxDB 2.x reports this for a bucket that doesn't exist, for one without a default mapping, and for one that this token may not read: check the bucket's name (INFLUX_DB or -Database) and the token's rights."),
        new(ErrorIds.InfluxRetentionPolicyNotFound, NotFound, 0, "retention policy not found", "Check the retention policy's name, or omit it to use the database's default."),
        new(ErrorIds.InfluxDatabaseDeleted, InvalidOperation, 0, "soft-deleted database", "Wait until the server has removed the deleted database, or use another name."),
        new(ErrorIds.InfluxDatabaseNameInvalid, InvalidArgument, 0, "invalid character in database", "A database's name is made of ASCII letters, digits, hyphens and underscores, and begins with a letter or digit."),
        new(ErrorIds.InfluxDatabaseNotNamed, InvalidArgument, 0, "database is required", "Name the database: INFLUX_DB or Connect-VmStats -Database."),
        new(ErrorIds.InfluxDatabaseNotNamed, InvalidArgument, 0, "database name required", "Name the database: INFLUX_DB or Connect-VmStats -Database."),
        new(ErrorIds.InfluxDatabaseNotNamed, InvalidArgument, 0, "must specify a 'db' parameter", "Name the database: INFLUX_DB or Connect-VmStats -Database."),
        new(ErrorIds.InfluxCacheNotFound, NotFound, 0, "could not find cache for the given arguments", "Create the last-value cache with Initialize-VmStatsDatabase, or query without it."),
        new(ErrorIds.InfluxCacheNotFound, NotFound, 0, "could not find distinct value cache", "Create the distinct-value cache with Initialize-VmStatsDatabase, or query without it."),
        new(ErrorIds.InfluxCacheTableInvalid, InvalidArgument, 0, "provided table name", "Name an existing table as last_cache's or distinct_cache's first argument."),
        new(ErrorIds.InfluxCacheTableInvalid, InvalidArgument, 0, "first argument must be the table name", "Pass the table's name to last_cache or distinct_cache as a quoted string."),
        new(ErrorIds.InfluxTableNotFound, NotFound, 0, "Error during planning: table '", "Check the table's name and its case: SHOW TABLES lists them; unquoted names are folded to lower case."),
        new(ErrorIds.InfluxTableNotFound, NotFound, 404, "not in DB schema", "Create the table first: Initialize-VmStatsDatabase creates it, and so does the first point."),
        new(ErrorIds.InfluxResourceNotFound, NotFound, 404, "the requested resource was not found", "The requested object doesn't exist, or was deleted meanwhile: Initialize-VmStatsDatabase creates what is missing."),
        new(ErrorIds.InfluxColumnNotFound, NotFound, 0, "No field named", "Put the column's name in double quotes and check its case: the message lists the columns that exist."),
        new(ErrorIds.InfluxFunctionNotFound, NotFound, 0, "Invalid function", "Check the function's name; the message proposes one."),

        new(ErrorIds.InfluxDatabaseNotFound, NotFound, 404, "database \"", CheckName),
        new(ErrorIds.InfluxDatabaseNotFound, NotFound, 404, "bucket \"", CheckName),

        // Queries
        new(ErrorIds.InfluxParameterMissing, InvalidArgument, 0, "No value found for placeholder", "Give every $name of the query a value with -Parameter."),
        new(ErrorIds.InfluxParameterMissing, InvalidArgument, 0, "was referenced in the InfluxQL statement but its value is undefined", "Give every $name of the query a value with -Parameter."),
        new(ErrorIds.InfluxParameterMissing, InvalidArgument, 0, "missing parameter:", "Give every $name of the query a value with -Parameter."),
        new(ErrorIds.InfluxParameterUnsupported, InvalidArgument, 0, "not supported as query parameters", "A parameter is a string, a number, a Boolean or null; a list needs a parameter for each element."),
        new(ErrorIds.InfluxParameterMalformed, InvalidArgument, 400, "error parsing query parameters", "A parameter is a string, a number or a Boolean."),
        new(ErrorIds.InfluxSqlSyntax, InvalidArgument, 0, "SQL error: ParserError", CheckQuery),
        new(ErrorIds.InfluxQLSyntax, InvalidArgument, 0, "error in InfluxQL statement", CheckQuery),
        new(ErrorIds.InfluxQLSyntax, InvalidArgument, 400, "error parsing query", CheckQuery),
        new(ErrorIds.InfluxQLSyntax, InvalidArgument, 400, "failed to parse query", CheckQuery),
        new(ErrorIds.InfluxReadOnlyQuery, NotSupported, 0, "DML not supported", "The query endpoint only reads: write points with the module, create tables with Initialize-VmStatsDatabase."),
        new(ErrorIds.InfluxReadOnlyQuery, NotSupported, 0, "DDL not supported", "The query endpoint only reads: write points with the module, create tables with Initialize-VmStatsDatabase."),
        new(ErrorIds.InfluxReadOnlyQuery, NotSupported, 0, "Statement not supported", "The query endpoint only reads, and keeps no settings between queries."),
        new(ErrorIds.InfluxSingleStatement, InvalidArgument, 0, "only supports a single SQL statement", "Send one statement at a time."),
        new(ErrorIds.InfluxSingleStatement, InvalidArgument, 0, "must provide only one InfluxQl statement", "Send one statement at a time."),
        new(ErrorIds.InfluxNotImplemented, NotSupported, 0, "This feature is not implemented", "This server doesn't offer it; the message names the feature."),
        new(ErrorIds.InfluxGapFillUnbounded, InvalidArgument, 0, "gap-filling query is missing", "Give the query a lower and an upper bound of time."),
        new(ErrorIds.InfluxTimestampInvalid, InvalidArgument, 0, "Error parsing timestamp", "Write times as 2026-01-01T00:00:00Z."),
        new(ErrorIds.InfluxTypeUnsupported, InvalidArgument, 0, "iterator type", "The function doesn't support a column of this type."),
        new(ErrorIds.InfluxSqlPlanning, InvalidArgument, 0, "Error during planning", CheckQuery),
        new(ErrorIds.InfluxQuerySchema, InvalidArgument, 0, "Schema error", CheckQuery),

        // Server limits
        new(ErrorIds.InfluxFileLimit, InvalidOperation, 0, "exceeding the file limit", "Ask for a shorter range (72 hours at most on InfluxDB 3 Core with its default limit), or raise --query-file-limit on the server."),
        new(ErrorIds.InfluxFileLimit, InvalidOperation, 0, "exceed file limit", "Ask for a shorter range (72 hours at most on InfluxDB 3 Core with its default limit), or raise --query-file-limit on the server."),
        new(ErrorIds.InfluxOutOfMemory, InvalidOperation, 0, "Resources exhausted", "Ask for a shorter range or fewer columns, or give the server more memory (--exec-mem-pool-bytes)."),
        new(ErrorIds.InfluxQueryTimeLimit, VmStatsErrorKind.Timeout, 0, "query-timeout limit exceeded", "Ask for a shorter range, or raise query-timeout on the server."),
        new(ErrorIds.InfluxDatabaseLimit, InvalidOperation, 0, "Adding a new database would exceed limit", CheckLimits),
        new(ErrorIds.InfluxTableLimit, InvalidOperation, 0, "Adding a new table would exceed limit", CheckLimits),
        new(ErrorIds.InfluxTableLimit, InvalidOperation, 0, "would exceed number of tables limit", CheckLimits),
        new(ErrorIds.InfluxColumnLimit, InvalidOperation, 0, "would exceed number of columns per table limit", CheckLimits),
        new(ErrorIds.InfluxColumnLimit, InvalidOperation, 0, "would exceed limit", CheckLimits),
        new(ErrorIds.InfluxRequestTooLarge, InvalidArgument, 500, "max request size", "Send fewer points at a time, or raise the server's maximum request size."),
        new(ErrorIds.InfluxRequestTooLarge, InvalidArgument, 413, "", "Send fewer points at a time, or raise the server's maximum request size."),

        // Points
        new(ErrorIds.InfluxFieldTypeConflict, InvalidData, 0, "invalid column type for column", "Write the field with the type that the table has."),
        new(ErrorIds.InfluxFieldTypeConflict, InvalidData, 0, "field type conflict", "Write the field with the type that the measurement has."),
        new(ErrorIds.InfluxFieldTypeConflict, InvalidData, 0, "Unable to insert iox::column_type", "Write the field with the type that the table has."),
        new(ErrorIds.InfluxDuplicateField, InvalidData, 0, "multiple instances of", "Write each field once per point."),
        new(ErrorIds.InfluxDuplicateTag, InvalidData, 0, "duplicate tag", "Write each tag once per point."),
        new(ErrorIds.InfluxBeyondRetention, InvalidData, 0, "beyond retention policy", "The points are older than the database keeps them; lengthen its retention to write them."),
        new(ErrorIds.InfluxKeyTooLong, InvalidData, 0, "max key length exceeded", "Shorten the tag values: a series' key has at most 65,535 bytes."),
        new(ErrorIds.InfluxWriteEmpty, InvalidArgument, 0, "incoming write was empty", "Write at least one point with a field."),
        new(ErrorIds.InfluxPartialWrite, InvalidData, 0, "partial write", "The other points are stored; the message says what is wrong with these."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "line protocol pars", "Nothing of this batch was stored; the message names the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "parsing failed for write_lp endpoint", "Nothing of this batch was stored; the message names the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "failed to parse line protocol", "Some or all of this batch was not stored; the message names the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "errors encountered on line(s)", "Some or all of this batch was not stored; the message names the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "line protocol parse failed", "Nothing of this batch was stored; the message names the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 0, "parsing for line protocol failed", "Nothing of this batch was stored; the server doesn't name the line."),
        new(ErrorIds.InfluxLineProtocolInvalid, InvalidData, 400, "unable to parse", "Nothing of this batch was stored; the message names the line."),

        // Managing a server
        new(ErrorIds.InfluxRetentionConflict, InvalidOperation, 0, "retention policy conflicts with an existing policy", "The database exists with another retention; alter its policy on the server, or omit -RetentionPeriod."),
        new(ErrorIds.InfluxRetentionTooShort, InvalidArgument, 0, "retention policy duration must be", "InfluxDB 1.x keeps data for at least an hour."),
        new(ErrorIds.InfluxAlreadyExists, InvalidOperation, 409, "", "It exists already; nothing was changed."),
        new(ErrorIds.InfluxAlreadyExists, InvalidOperation, 422, "already exists", "It exists already; nothing was changed."),

        // Protocol errors between the module and the server
        new(ErrorIds.InfluxAcceptUnknown, Protocol, 400, "invalid mime type", ReportDefect),
        new(ErrorIds.InfluxContentTypeWanted, Protocol, 415, "", ReportDefect),
        new(ErrorIds.InfluxContentEncodingUnknown, Protocol, 400, "unacceptable content-encoding", ReportDefect),
        new(ErrorIds.InfluxBodyMalformed, Protocol, 400, "serde json error", ReportDefect),
        new(ErrorIds.InfluxBodyMalformed, Protocol, 0, "error decoding gzip stream", ReportDefect),
        new(ErrorIds.InfluxArgumentMalformed, Protocol, 400, "serde error", ReportDefect),
        new(ErrorIds.InfluxArgumentMissing, Protocol, 400, "missing query parameter", ReportDefect),
        new(ErrorIds.InfluxArgumentMissing, Protocol, 400, "missing required parameter", ReportDefect),
        new(ErrorIds.InfluxEndpointNotFound, NotSupported, 404, "", "Check the URL (no path is needed), and the server's kind: -Api or INFLUX_API sets it if the module detects it wrongly."),
        new(ErrorIds.InfluxMethodNotAllowed, NotSupported, 405, "", "Check the URL, and the server's kind: -Api or INFLUX_API sets it if the module detects it wrongly."),

        // Transient errors
        new(ErrorIds.InfluxTooManyRequests, Unavailable, 429, "", "Wait and try again; the server limits the rate of requests.") { IsTransient = true },
        new(ErrorIds.InfluxBadGateway, Unavailable, 502, "", "The proxy in front of the server can't reach it; check that the server runs.") { IsTransient = true },
        new(ErrorIds.InfluxUnavailable, Unavailable, 503, "", "The server is starting, stopping or overloaded; try again.") { IsTransient = true },
        new(ErrorIds.InfluxGatewayTimeout, Unavailable, 504, "", "The proxy in front of the server got no answer in time; try again, or ask for a shorter range.") { IsTransient = true },

        // Unknown errors
        new(ErrorIds.InfluxServerError, InvalidOperation, 500, "", "The server failed on this request; its log has details. InfluxDB 3 also reports mistakes in a query this way."),
        new(ErrorIds.InfluxRequestRefused, InvalidOperation, 0, "", "The server's message has the reason; its log may have details."),
    ];

    /// <summary>Returns the row for a response; there always is one.</summary>
    public static KnownError Find(int status, string text)
    {
        foreach (KnownError known in Known)
        {
            if (known.Matches(status, text))
            {
                return known;
            }
        }

        return Known[^1];
    }
}
