using System.Net;
using System.Runtime.CompilerServices;
using VmStats.Configuration;
using VmStats.Errors;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;
using VmStats.Stores.Influx.Http;
using VmStats.Stores.Influx.Json;
using VmStats.Stores.Influx.Statements;
using VmStats.ThirdParty;

namespace VmStats.Stores.Influx;

/// <summary>
/// The client of one InfluxDB server over HTTP, for queries and writes: with SQL for InfluxDB 3, with InfluxQL for its
/// distributed editions, 2.x and 1.x. Safe for concurrent use. Each request is sent once; the caller decides whether to retry
/// (<see cref="VmStatsException.IsTransient"/>). Nothing is sent before the first call.
/// </summary>
public sealed class InfluxQuery : IDisposable
{
    private static readonly IReadOnlyDictionary<string, FieldValue> s_noParameters = new Dictionary<string, FieldValue>();
    private readonly InfluxTransport _transport;
    private readonly InfluxProbe _probe;
    private readonly LineProtocolWriter _writer;
    private readonly BucketErrorResolver _buckets;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="options">The server and how to connect to it; <see cref="ConnectionOptions.Url"/> is required.</param>
    /// <param name="infrastructure">Provides the client library that writes to InfluxDB 3.</param>
    /// <param name="handler">Sends the requests instead of the network; it isn't disposed. For tests.</param>
    /// <exception cref="InfluxException"><c>TokenOverHttpRefused</c>: the token would be sent unencrypted.</exception>
    /// <exception cref="VmStatsException"><c>RetentionPolicyAmbiguous</c>: two retention policies are specified.</exception>
    internal InfluxQuery(ConnectionOptions options, IInfrastructure infrastructure, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(infrastructure);
        _transport = new InfluxTransport(options, handler);
        _probe = new InfluxProbe(_transport, options.Api);
        Name = DatabaseName.Of(options);
        _writer = new LineProtocolWriter(_transport, _probe, infrastructure, Name);
        _buckets = new BucketErrorResolver(_transport, Name);
    }

    /// <summary>The server's address, without user info and query.</summary>
    public string Address => _transport.Address;

    /// <summary>The database (bucket) that is queried and written to; with a retention policy as <c>db/rp</c>.</summary>
    public string Database => Name.ToString();

    /// <summary>What the server last reported about itself; null if it hasn't been asked.</summary>
    public InfluxServerInfo? Server => _probe.Server;

    /// <summary>The build that the server last reported (Core, Enterprise, OSS); null if it hasn't been asked or didn't report one.</summary>
    public string? Build => Server?.Build;

    /// <summary>The API as configured or detected; Auto if it isn't known yet. Doesn't contact the server.</summary>
    internal InfluxApi Api => _probe.Api;

    internal DatabaseName Name { get; }

    internal bool IsCloud => _probe.IsCloud;

    internal InfluxFailures Failures => _transport.Failures;

    /// <summary>Asks the server for its product and version; each call sends a request.</summary>
    /// <exception cref="InfluxException">The server can't be reached, rejects the token, or isn't InfluxDB.</exception>
    public ValueTask<InfluxServerInfo> ProbeAsync(CancellationToken cancellationToken) => _probe.DetectAsync(cancellationToken);

    /// <summary>Returns the API used with the server: as configured, or detected on the first call.</summary>
    public ValueTask<InfluxApi> GetApiAsync(CancellationToken cancellationToken) => _probe.GetApiAsync(cancellationToken);

    /// <summary>Runs an SQL query on InfluxDB 3 and returns its rows as they arrive.</summary>
    /// <param name="sql">One statement, with parameters in the form <c>$name</c>.</param>
    /// <param name="parameters">The parameter values; a time is a string such as <c>2026-01-01T00:00:00Z</c>.</param>
    /// <param name="cancellationToken">Aborts the request immediately.</param>
    /// <exception cref="InfluxException">The server rejected the query, could not be reached, or its response was cut off.</exception>
    internal IAsyncEnumerable<StoreRow> QuerySqlAsync(
        string sql, IReadOnlyDictionary<string, FieldValue>? parameters, CancellationToken cancellationToken) =>
        QuerySqlAsync(sql, parameters, new RowBuilder(StatementKinds.HasTimeAlias(sql)), cancellationToken);

    /// <summary>Runs an InfluxQL query on any InfluxDB version and returns its rows as they arrive.</summary>
    /// <param name="query">The statement, with parameters in the form <c>$name</c>.</param>
    /// <param name="parameters">The parameter values; a time is a string or UTC nanoseconds.</param>
    /// <param name="cancellationToken">Aborts the request immediately.</param>
    /// <returns>Rows with the measurement's name in the column <c>iox::measurement</c>, as InfluxDB 3 calls it. A duplicate column name gets a number
    /// (<c>name_1</c>). InfluxDB 1.x and 2.x write a float without a fraction like an integer, so it is read as an integer.</returns>
    /// <exception cref="InfluxException">The server rejected the query, could not be reached, or its response was cut off.</exception>
    internal IAsyncEnumerable<StoreRow> QueryInfluxQLAsync(
        string query, IReadOnlyDictionary<string, FieldValue>? parameters, CancellationToken cancellationToken) =>
        QueryInfluxQLAsync(query, parameters, InfluxQLColumns.Unknown(query), cancellationToken);

    /// <summary>
    /// Writes points, in requests that are small enough for the server. Rejected points are reported, and don't prevent the
    /// others from being written.
    /// </summary>
    /// <exception cref="InfluxException">The server rejected the request as a whole, or could not be reached.</exception>
    internal async ValueTask<WriteResult> WriteAsync(IReadOnlyList<Point> points, CancellationToken cancellationToken)
    {
        InfluxApi api = await GetApiAsync(cancellationToken).ConfigureAwait(false);
        return await ExplainAsync(_writer.WriteAsync(points, api, cancellationToken), api, isWrite: true, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The transport comes first, so that requests that are aborted now report the reason.
        _transport.Dispose();
        _writer.Dispose();
        _probe.Dispose();
    }

    internal async IAsyncEnumerable<StoreRow> QuerySqlAsync(
        string sql,
        IReadOnlyDictionary<string, FieldValue>? parameters,
        RowBuilder builder,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        string? database = null)
    {
        using HttpContent content = RequestBodies.QueryJson(database ?? Name.ForInfluxDB3, sql, parameters ?? s_noParameters);
        ResponseBody body = await OpenAsync("api/v3/query_sql", content, InfluxApi.V3, cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            JsonLinesReader reader = new(body, builder, Failures);
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                while (reader.TryTake(out StoreRow? row))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return row;
                }
            }
        }
    }

    internal async IAsyncEnumerable<StoreRow> QueryInfluxQLAsync(
        string query,
        IReadOnlyDictionary<string, FieldValue>? parameters,
        InfluxQLColumns columns,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        string? policy = null)
    {
        InfluxApi api = await GetApiAsync(cancellationToken).ConfigureAwait(false);
        DatabaseName name = policy is null ? Name : Name with { Policy = policy };
        using HttpContent content = api switch
        {
            InfluxApi.V3 => RequestBodies.QueryJson(Name.ForInfluxDB3, query, parameters ?? s_noParameters),
            InfluxApi.V3Distributed => RequestBodies.QueryForm(name, InfluxQLLiterals.Bind(query, parameters ?? s_noParameters), s_noParameters),
            _ => RequestBodies.QueryForm(name, query, parameters ?? s_noParameters),
        };
        string path = api == InfluxApi.V3 ? "api/v3/query_influxql" : "query";
        ResponseBody body = await ExplainAsync(OpenAsync(path, content, api, cancellationToken), api, isWrite: false, cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            IRowReader reader = api == InfluxApi.V3
                ? new JsonLinesReader(body, new RowBuilder(), Failures)
                : new InfluxQLReader(body, columns, Failures, mustAnswer: IsReading(query));
            while (await ExplainAsync(reader.ReadAsync(), api, isWrite: false, cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryTake(out StoreRow? row))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return row;
                }
            }
        }
    }

    /// <summary>Sends a management request and returns its status; error statuses that aren't expected are thrown.</summary>
    internal async ValueTask<HttpStatusCode> SendAsync(
        HttpMethod method, string path, HttpContent? content, IReadOnlyList<HttpStatusCode> expected, CancellationToken cancellationToken) =>
        (await AskAsync(method, path, content, expected, cancellationToken).ConfigureAwait(false)).Status;

    /// <summary>Like <see cref="SendAsync"/>, but returns the response body as well.</summary>
    internal async ValueTask<(HttpStatusCode Status, string Body)> AskAsync(
        HttpMethod method, string path, HttpContent? content, IReadOnlyList<HttpStatusCode> expected, CancellationToken cancellationToken)
    {
        InfluxApi api = await GetApiAsync(cancellationToken).ConfigureAwait(false);
        using RequestTimer timer = _transport.StartTimer(cancellationToken);
        using HttpResponseMessage response = await _transport.SendAsync(method, path, content, api, timer).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && !expected.Contains(response.StatusCode))
        {
            throw await Failures.FromResponseAsync(response, timer).ConfigureAwait(false);
        }

        if (response.IsSuccessStatusCode)
        {
            await UnexpectedResponse.ThrowIfUnexpectedAsync(response, areLines: false, timer, Failures).ConfigureAwait(false);
        }

        return (response.StatusCode, await ErrorBody.ReadAsync(response, timer, Failures).ConfigureAwait(false));
    }

    // A statement that changes something may be answered with an empty body or object; one that reads never is.
    private static bool IsReading(string query) =>
        query.AsSpan().TrimStart().StartsWith("SELECT", StringComparison.OrdinalIgnoreCase) || query.AsSpan().TrimStart().StartsWith("SHOW", StringComparison.OrdinalIgnoreCase);

    // For 2.x, an ambiguous error is replaced with the actual reason.
    private ValueTask<T> ExplainAsync<T>(ValueTask<T> call, InfluxApi api, bool isWrite, CancellationToken cancellationToken) =>
        api == InfluxApi.V2 ? _buckets.ExplainAsync(call, isWrite, cancellationToken) : call;

    private async ValueTask<ResponseBody> OpenAsync(string path, HttpContent content, InfluxApi api, CancellationToken cancellationToken)
    {
        RequestTimer timer = _transport.StartTimer(cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await _transport.SendAsync(HttpMethod.Post, path, content, api, timer).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await Failures.FromResponseAsync(response, timer).ConfigureAwait(false);
            }

            await UnexpectedResponse.ThrowIfUnexpectedAsync(response, areLines: api == InfluxApi.V3, timer, Failures).ConfigureAwait(false);
            return await ResponseBody.OpenAsync(response, Failures, timer, failsSilently: api == InfluxApi.V3).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            response?.Dispose();
            timer.Dispose();
            if (api == InfluxApi.V3 && e is InfluxException { ErrorId: ErrorIds.InfluxConnectionBroken })
            {
                throw Failures.StatementFailed(e.InnerException ?? e, transient: true);
            }

            throw;
        }
    }
}
