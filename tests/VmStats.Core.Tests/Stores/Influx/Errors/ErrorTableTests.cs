using System.Net;
using VmStats.Configuration;
using VmStats.Fixtures.Influx;
using VmStats.Points;
using VmStats.Stores;
using VmStats.Stores.Influx;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;

namespace VmStats.Core.Tests.Stores.Influx.Errors;

/// <summary>Every failure that the servers are known to answer with, byte for byte, and the error that is made of it.</summary>
public sealed class ErrorTableTests : IAsyncLifetime
{
    private const string Token = "apiv3_s3cret-must-not-show";

    private static readonly (int Status, string Body, string Id, VmStatsErrorKind Kind)[] s_cases =
    [
        // Who asks
        (400, "<html><body><center>No required SSL certificate was sent</center><hr><center>nginx</center></body></html>", "InfluxClientCertificateWanted", VmStatsErrorKind.Protocol),
        (400, "<html><body><center>The SSL certificate error</center><hr><center>nginx</center></body></html>", "InfluxClientCertificateRefused", VmStatsErrorKind.Protocol),
        (400, """{"error": "Authorization header was malformed, the request was not in the form of 'Authorization: <auth-scheme> <token>', supported auth-schemes are Bearer, Token and Basic"}""", "InfluxAuthorizationMalformed", VmStatsErrorKind.Authentication),
        (401, """{"error": "the request was not authenticated"}""", "InfluxNotAuthenticated", VmStatsErrorKind.Authentication),
        (401, "", "InfluxNotAuthenticated", VmStatsErrorKind.Authentication),
        (401, """{"error":"unable to parse authentication credentials"}""", "InfluxCredentialsMissing", VmStatsErrorKind.Authentication),
        (401, """{"error":"authorization failed"}""", "InfluxCredentialsRefused", VmStatsErrorKind.Authentication),
        (401, """{"error":"bearer auth disabled"}""", "InfluxBearerNotEnabled", VmStatsErrorKind.Authentication),
        (403, """{"error": "unauthorized to perform requested action with the token"}""", "InfluxTokenLacksPermission", VmStatsErrorKind.PermissionDenied),
        (403, """{"code":"forbidden","message":"no"}""", "InfluxForbidden", VmStatsErrorKind.PermissionDenied),
        (403, "", "InfluxForbidden", VmStatsErrorKind.PermissionDenied),
        (403, """{"error":"error authorizing query: create admin user first or disable authentication"}""", "InfluxNoAdminUser", VmStatsErrorKind.PermissionDenied),
        (403, """{"error":"\"u\" user is not authorized to write to database \"db\""}""", "InfluxUserLacksWriteAccess", VmStatsErrorKind.PermissionDenied),
        (403, """{"code":"forbidden","message":"insufficient permissions for write"}""", "InfluxUserLacksWriteAccess", VmStatsErrorKind.PermissionDenied),
        (403, """{"error":"error authorizing query: u not authorized to execute statement 'SELECT'"}""", "InfluxUserLacksReadAccess", VmStatsErrorKind.PermissionDenied),
        (405, "endpoint disabled, started without auth", "InfluxStartedWithoutAuthentication", VmStatsErrorKind.NotSupported),

        // What is asked for
        (404, """{"error":"query error: database not found: foo"}""", "InfluxDatabaseNotFound", VmStatsErrorKind.NotFound),
        (404, """{"code":"not found","message":"bucket \"nosuch\" not found"}""", "InfluxDatabaseNotFound", VmStatsErrorKind.NotFound),
        (404, """{"code":"not found","message":"no dbrp mapping found"}""", "InfluxMappingNotFound", VmStatsErrorKind.NotFound),
        (400, """{"error":"default retention policy not set for: rec"}""", "InfluxDefaultPolicyNotSet", VmStatsErrorKind.NotFound),
        (404, """{"error":"retention policy not found: x"}""", "InfluxRetentionPolicyNotFound", VmStatsErrorKind.NotFound),
        (400, """{"error":"cannot write to soft-deleted database 'x' - it is marked for deletion"}""", "InfluxDatabaseDeleted", VmStatsErrorKind.InvalidOperation),
        (400, """{"error":"invalid character in database or rp name: must be ASCII, containing only letters, numbers, underscores, or hyphens"}""", "InfluxDatabaseNameInvalid", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"database is required"}""", "InfluxDatabaseNotNamed", VmStatsErrorKind.InvalidArgument),
        (400, "must specify a 'db' parameter, or provide the database in the InfluxQL query", "InfluxDatabaseNotNamed", VmStatsErrorKind.InvalidArgument),
        (400, "Error during planning: could not find cache for the given arguments", "InfluxCacheNotFound", VmStatsErrorKind.NotFound),
        (400, "Error during planning: could not find distinct value cache for the given arguments", "InfluxCacheNotFound", VmStatsErrorKind.NotFound),
        (400, "Error during planning: provided table name (x) is invalid", "InfluxCacheTableInvalid", VmStatsErrorKind.InvalidArgument),
        (400, "Error during planning: first argument must be the table name as a string", "InfluxCacheTableInvalid", VmStatsErrorKind.InvalidArgument),
        (400, "Error during planning: table 'public.iox.foo' not found", "InfluxTableNotFound", VmStatsErrorKind.NotFound),
        (404, "Table vm_totals not in DB schema for vms", "InfluxTableNotFound", VmStatsErrorKind.NotFound),
        (404, "the requested resource was not found: vm_totals_latest", "InfluxResourceNotFound", VmStatsErrorKind.NotFound),
        (500, "Schema error: No field named vmid. Column names are case sensitive. You can use double quotes to refer to the \"vm.VMID\" column or set the datafusion.sql_parser.enable_ident_normalization configuration. Did you mean 'vm.VMID'?.", "InfluxColumnNotFound", VmStatsErrorKind.NotFound),
        (400, "Error during planning: Invalid function 'x'. Did you mean 'y'?", "InfluxFunctionNotFound", VmStatsErrorKind.NotFound),

        (404, """{"code":"not found","message":"database \"vms\" not found"}""", "InfluxDatabaseNotFound", VmStatsErrorKind.NotFound),
        (404, """{"code":"not found","message":"bucket \"vms\" not found"}""", "InfluxDatabaseNotFound", VmStatsErrorKind.NotFound),

        // How it is asked
        (400, "Error during planning: No value found for placeholder with name $host", "InfluxParameterMissing", VmStatsErrorKind.InvalidArgument),
        (400, "Bind parameter '$host' was referenced in the InfluxQL statement but its value is undefined", "InfluxParameterMissing", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"missing parameter: host"}""", "InfluxParameterMissing", VmStatsErrorKind.InvalidArgument),
        (400, "JSON arrays are not supported as query parameters", "InfluxParameterUnsupported", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"error parsing query parameters: x"}""", "InfluxParameterMalformed", VmStatsErrorKind.InvalidArgument),
        (400, "SQL error: ParserError(\"Expected: an SQL statement, found: SELEC at Line: 1, Column: 1\")", "InfluxSqlSyntax", VmStatsErrorKind.InvalidArgument),
        (500, "query error: error while planning query: SQL error: ParserError(\"x\")", "InfluxSqlSyntax", VmStatsErrorKind.InvalidArgument),
        (400, "error in InfluxQL statement: parsing error: invalid SHOW statement, expected DATABASES at pos 5", "InfluxQLSyntax", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"error parsing query: found SELEC, expected SELECT at line 1, char 1"}""", "InfluxQLSyntax", VmStatsErrorKind.InvalidArgument),
        (400, """{"code":"invalid","message":"failed to parse query: found SELEC, expected SELECT at line 1, char 1"}""", "InfluxQLSyntax", VmStatsErrorKind.InvalidArgument),
        (400, "Error during planning: DML not supported: Insert", "InfluxReadOnlyQuery", VmStatsErrorKind.NotSupported),
        (400, "Error during planning: DDL not supported: CreateTable", "InfluxReadOnlyQuery", VmStatsErrorKind.NotSupported),
        (400, "Error during planning: Statement not supported: SetVariable", "InfluxReadOnlyQuery", VmStatsErrorKind.NotSupported),
        (405, "This feature is not implemented: The context currently only supports a single SQL statement", "InfluxSingleStatement", VmStatsErrorKind.InvalidArgument),
        (400, "must provide only one InfluxQl statement per query", "InfluxSingleStatement", VmStatsErrorKind.InvalidArgument),
        (405, "This feature is not implemented: DELETE", "InfluxNotImplemented", VmStatsErrorKind.NotSupported),
        (400, "Error during planning: gap-filling query is missing lower time bound", "InfluxGapFillUnbounded", VmStatsErrorKind.InvalidArgument),
        (500, "Arrow error: Parser error: Error parsing timestamp from 'x': timestamp must contain at least 10 characters", "InfluxTimestampInvalid", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"unsupported mean iterator type: *query.stringInterruptIterator"}""", "InfluxTypeUnsupported", VmStatsErrorKind.InvalidArgument),
        (400, "Error during planning: Projections require unique expression names", "InfluxSqlPlanning", VmStatsErrorKind.InvalidArgument),
        (500, "Schema error: Ambiguous reference to unqualified field time", "InfluxQuerySchema", VmStatsErrorKind.InvalidArgument),

        // What the server can bear
        (500, "External error: Query would scan 432 Parquet files, exceeding the file limit. InfluxDB 3 Core caps file access.", "InfluxFileLimit", VmStatsErrorKind.InvalidOperation),
        (500, "External error: Query would exceed file limit of 432 parquet files. Please specify a smaller time range.", "InfluxFileLimit", VmStatsErrorKind.InvalidOperation),
        (500, "Resources exhausted: Failed to allocate additional 1024 bytes", "InfluxOutOfMemory", VmStatsErrorKind.InvalidOperation),
        (500, """{"error":"query-timeout limit exceeded"}""", "InfluxQueryTimeLimit", VmStatsErrorKind.Timeout),
        (422, """{"error":"Adding a new database would exceed limit of 5 databases"}""", "InfluxDatabaseLimit", VmStatsErrorKind.InvalidOperation),
        (422, """{"error":"Adding a new table would exceed limit of 2000 tables"}""", "InfluxTableLimit", VmStatsErrorKind.InvalidOperation),
        (422, """{"error":"partial write of line protocol occurred","data":[{"error_message":"Update to schema would exceed number of tables limit of 2000 tables","line_number":1,"original_line":"t f=1i"}]}""", "InfluxTableLimit", VmStatsErrorKind.InvalidOperation),
        (422, """{"error":"partial write of line protocol occurred","data":[{"error_message":"Update to schema would exceed number of columns per table limit of 500 columns","line_number":1,"original_line":"wide c0=1i"}]}""", "InfluxColumnLimit", VmStatsErrorKind.InvalidOperation),
        (422, """{"error":"Update to schema would exceed limit of 500 columns"}""", "InfluxColumnLimit", VmStatsErrorKind.InvalidOperation),
        (500, "max request size (10485760 bytes) exceeded", "InfluxRequestTooLarge", VmStatsErrorKind.InvalidArgument),
        (413, "max request size (10485760 bytes) exceeded", "InfluxRequestTooLarge", VmStatsErrorKind.InvalidArgument),

        // Points
        (400, """{"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type for column 'temp', expected iox::column_type::field::float, got iox::column_type::field::string","line_number":2,"original_line":"m temp=\"x\""}]}""", "InfluxFieldTypeConflict", VmStatsErrorKind.InvalidData),
        (400, """{"error":"partial write: field type conflict: input field \"x\" on measurement \"m\" is type float, already exists as type integer dropped=1"}""", "InfluxFieldTypeConflict", VmStatsErrorKind.InvalidData),
        (400, """{"code":"invalid","message":"failed to parse line protocol: error writing line 2: Unable to insert iox::column_type::field::integer type into column temp  with type iox::column_type::field::string"}""", "InfluxFieldTypeConflict", VmStatsErrorKind.InvalidData),
        (400, """{"error":"partial write of line protocol occurred","data":[{"error_message":"invalid line protocol - multiple instances of 'usage' field found","line_number":1,"original_line":"cpu usage=1"}]}""", "InfluxDuplicateField", VmStatsErrorKind.InvalidData),
        (400, """{"error":"unable to parse 'm,a=1,a=2 x=1': duplicate tags"}""", "InfluxDuplicateTag", VmStatsErrorKind.InvalidData),
        (400, """{"error":"partial write: points beyond retention policy dropped=1"}""", "InfluxBeyondRetention", VmStatsErrorKind.InvalidData),
        (400, """{"error":"partial write: max key length exceeded: 70000 \u003e 65535 dropped=1"}""", "InfluxKeyTooLong", VmStatsErrorKind.InvalidData),
        (400, "incoming write was empty", "InfluxWriteEmpty", VmStatsErrorKind.InvalidArgument),
        (400, """{"error":"partial write of line protocol occurred","data":[{"error_message":"No fields were provided","line_number":2,"original_line":"cpu,host=a val= 123"}]}""", "InfluxPartialWrite", VmStatsErrorKind.InvalidData),
        (400, """{"error":"line protocol parsing error","data":{"error_message":"No fields were provided","line_number":1,"original_line":"cpu,host=a"}}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (400, """{"error":"parsing failed for write_lp endpoint","data":{"error_message":"No fields were provided","line_number":1,"original_line":"cpu"}}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (400, """{"code":"invalid","line":2,"message":"failed to parse line protocol:\n  errors encountered on line(s):\n  error parsing line 2 (1-based): Invalid measurement was provided"}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (400, """{"code":"invalid","line":2,"message":"no data written, errors encountered on line(s): Invalid measurement was provided"}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (500, """{"code":"invalid","message":"write buffer error: line protocol parse failed: x"}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (400, """{"code":"invalid","message":"write buffer error: parsing for line protocol failed"}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),
        (400, """{"error":"unable to parse 'm x': missing field value"}""", "InfluxLineProtocolInvalid", VmStatsErrorKind.InvalidData),

        // Managing a server
        (400, """{"error":"retention policy conflicts with an existing policy"}""", "InfluxRetentionConflict", VmStatsErrorKind.InvalidOperation),
        (400, """{"error":"retention policy duration must be at least 1h0m0s"}""", "InfluxRetentionTooShort", VmStatsErrorKind.InvalidArgument),
        (409, """{"error":"attempted to create a resource that already exists"}""", "InfluxAlreadyExists", VmStatsErrorKind.InvalidOperation),
        (409, "attempted to create a resource that already exists", "InfluxAlreadyExists", VmStatsErrorKind.InvalidOperation),
        (422, """{"code":"conflict","message":"bucket with name rec already exists"}""", "InfluxAlreadyExists", VmStatsErrorKind.InvalidOperation),

        // How the module and the server understand each other
        (400, "invalid mime type (application/jsonl)", "InfluxAcceptUnknown", VmStatsErrorKind.Protocol),
        (415, "Expected content-type: application/json", "InfluxContentTypeWanted", VmStatsErrorKind.Protocol),
        (400, "unacceptable content-encoding: br", "InfluxContentEncodingUnknown", VmStatsErrorKind.Protocol),
        (400, "serde json error: expected value at line 1 column 1", "InfluxBodyMalformed", VmStatsErrorKind.Protocol),
        (500, "error decoding gzip stream: unexpected end of file", "InfluxBodyMalformed", VmStatsErrorKind.Protocol),
        (400, "serde error: missing field `db`", "InfluxArgumentMalformed", VmStatsErrorKind.Protocol),
        (400, "missing query parameters 'db' and 'q'", "InfluxArgumentMissing", VmStatsErrorKind.Protocol),
        (400, """{"error":"missing required parameter \"q\""}""", "InfluxArgumentMissing", VmStatsErrorKind.Protocol),
        (404, "Not found", "InfluxEndpointNotFound", VmStatsErrorKind.NotSupported),
        (405, "", "InfluxMethodNotAllowed", VmStatsErrorKind.NotSupported),

        // Not now
        (429, "", "InfluxTooManyRequests", VmStatsErrorKind.Unavailable),
        (502, "", "InfluxBadGateway", VmStatsErrorKind.Unavailable),
        (503, "busy", "InfluxUnavailable", VmStatsErrorKind.Unavailable),
        (504, "", "InfluxGatewayTimeout", VmStatsErrorKind.Unavailable),

        // Nothing that is known
        (500, "panic", "InfluxServerError", VmStatsErrorKind.InvalidOperation),
        (418, "teapot", "InfluxRequestRefused", VmStatsErrorKind.InvalidOperation),
    ];

    private Influx3StandIn _server = null!;

    public static TheoryData<int, string, string, VmStatsErrorKind> Cases
    {
        get
        {
            TheoryData<int, string, string, VmStatsErrorKind> data = [];
            foreach ((int status, string body, string id, VmStatsErrorKind kind) in s_cases)
            {
                data.Add(status, body, id, kind);
            }

            return data;
        }
    }

    public async Task InitializeAsync() => _server = await Influx3StandIn.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Has_its_own_id_and_kind_with_the_servers_words_and_without_the_token(int status, string body, string id, VmStatsErrorKind kind)
    {
        // A server may repeat what it was sent.
        _server.Answer(status, body.Length == 0 || body.StartsWith('{') ? body : $"{body} [{Token}]");
        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(ReadAsync);
        Assert.Equal((id, kind, status), (failure.ErrorId, failure.Kind, (int)failure.StatusCode!));
        Assert.Equal(kind == VmStatsErrorKind.Unavailable, failure.IsTransient);
        Assert.False(string.IsNullOrWhiteSpace(failure.Recommendation));
        Assert.DoesNotContain(Token, $"{failure} {failure.Recommendation} {failure.ServerText}", StringComparison.Ordinal);
        Assert.Contains(_server.Url.Authority, failure.Message, StringComparison.Ordinal);
        if (body.Length > 0)
        {
            Assert.Contains(ErrorBody.TextOf(body), failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_the_same_for_a_write_by_the_servers_own_client_or_the_reason_that_a_point_was_refused_for(int status, string body, string id, VmStatsErrorKind kind)
    {
        _server.Answer(status, body.Length == 0 || body.StartsWith('{') ? body : $"{body} [{Token}]");
        using InfluxQuery influx = Connect();
        Point point = new(new PointShape("m", [], ["x"]), 1, [], [FieldValue.From(1L)]);
        if (Refusal.Read((HttpStatusCode)status, body, new InfluxException(id, kind, id)) is not null)
        {
            WriteResult result = await influx.WriteAsync([point], default);
            RejectedPoint rejected = Assert.Single(result.Rejected);
            Assert.Equal((0, point), (result.Written, rejected.Point));
            Assert.NotEmpty(rejected.Reason);
            Assert.Contains(rejected.Reason.Replace(" [***]", "", StringComparison.Ordinal), ErrorBody.TextOf(body), StringComparison.Ordinal);
            return;
        }

        InfluxException failure = await Assert.ThrowsAsync<InfluxException>(async () => await influx.WriteAsync([point], default));
        Assert.Equal((id, kind, status), (failure.ErrorId, failure.Kind, (int)failure.StatusCode!));
        Assert.DoesNotContain(Token, failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(ErrorBody.TextOf(body), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_row_of_the_table_is_without_a_case()
    {
        Assert.Empty(ErrorTable.Known.Select(known => known.Id).Distinct().Except(s_cases.Select(one => one.Id)));
        foreach ((int status, string body, string id, _) in s_cases)
        {
            Assert.Equal(id, ErrorTable.Find(status, ErrorBody.TextOf(body)).Id);
        }
    }

    private async Task ReadAsync()
    {
        using InfluxQuery influx = Connect();
        await foreach (StoreRow row in influx.QuerySqlAsync("SELECT 1", null, default))
        {
            Assert.NotNull(row.Time);
        }
    }

    private InfluxQuery Connect() => new(
        new ConnectionOptions { Url = _server.Url, Database = "vms", Token = new Secret(Token, "INFLUX_TOKEN"), Api = InfluxApi.V3 },
        new VmStats.Infrastructure.Infrastructure());
}
