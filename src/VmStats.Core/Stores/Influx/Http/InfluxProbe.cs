using System.Net;
using VmStats.Configuration;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// Detects the kind of InfluxDB server: by /ping, by /health if a proxy removed the headers, and by the paths that
/// exist if neither returns a numeric version.
/// </summary>
internal sealed class InfluxProbe(InfluxTransport transport, InfluxApi configured) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>The server's answer to the last query for its version; null if it has not been queried.</summary>
    public InfluxServerInfo? Server { get; private set; }

    /// <summary>The API as far as it is known without asking: as configured or found out, else Auto.</summary>
    public InfluxApi Api => Server?.Api ?? configured;

    /// <summary>True for InfluxDB Cloud, which doesn't report a version; determined by the address until the server has been queried.</summary>
    public bool IsCloud => Server is { } server ? server.Version is null : InfluxProducts.IsCloud(transport.Server);

    /// <summary>Returns the API: the configured one, or else the detected one, which is cached.</summary>
    public async ValueTask<InfluxApi> GetApiAsync(CancellationToken cancellationToken)
    {
        if (configured != InfluxApi.Auto)
        {
            return configured;
        }

        if (Server is not null)
        {
            return Server.Api;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return (Server ?? await DetectAsync(cancellationToken).ConfigureAwait(false)).Api;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Queries the server.</summary>
    public async ValueTask<InfluxServerInfo> DetectAsync(CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        return Server = await QueryPingAsync(timer).ConfigureAwait(false);
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask<InfluxServerInfo> QueryPingAsync(RequestTimer timer)
    {
        ProbeAnswer ping = await GetAsync("ping", timer).ConfigureAwait(false);
        if (!ping.IsSuccess && ping.Status != HttpStatusCode.NotFound)
        {
            throw ping.Failure();
        }

        string? version = ping.Header("X-Influxdb-Version") ?? ping.JsonString("version");
        string? build = ping.Header("X-Influxdb-Build");
        return version is null || !ping.IsSuccess
            ? await QueryHealthAsync(build, timer).ConfigureAwait(false)
            : await ByVersionAsync(version.TrimStart('v'), build, timer).ConfigureAwait(false) with { ProcessId = ping.JsonString("process_id") };
    }

    private async ValueTask<InfluxServerInfo> QueryHealthAsync(string? build, RequestTimer timer)
    {
        ProbeAnswer health = await GetAsync("health", timer).ConfigureAwait(false);
        if (health.IsSuccess && health.Body.Trim() == "OK")
        {
            return Info(configured == InfluxApi.Auto ? InfluxApi.V3 : configured, null, build);
        }

        if (health.IsSuccess && health.JsonString("name") == "influxdb" && health.JsonString("version") is { } version)
        {
            return await ByVersionAsync(version.TrimStart('v'), build, timer).ConfigureAwait(false);
        }

        return configured == InfluxApi.V3 || (!health.IsSuccess && health.Status != HttpStatusCode.NotFound)
            ? throw health.Failure()
            : await WithoutVersionAsync(health, build, timer).ConfigureAwait(false);
    }

    private async ValueTask<InfluxServerInfo> ByVersionAsync(string version, string? build, RequestTimer timer)
    {
        if (configured != InfluxApi.Auto)
        {
            return Info(configured, version, build);
        }

        if (InfluxProducts.IsNumbered(version))
        {
            return Info(version[0] switch { '0' or '1' => InfluxApi.V1, '2' => InfluxApi.V2, _ => InfluxApi.V3 }, version, build);
        }

        // Releases of InfluxDB Clustered are named by their dates. An open source build may have any name.
        if (build != "OSS" && !(await GetAsync("api/v3/query_sql", timer).ConfigureAwait(false)).HasPath())
        {
            return Info(InfluxApi.V3Distributed, version, build);
        }

        throw transport.Failures.NotUnderstood($"its version is '{version}'; specify the API with -Api or INFLUX_API");
    }

    // InfluxDB Cloud: an API like that of 2.x, but without any version. A token with few permissions may not list organisations.
    private async ValueTask<InfluxServerInfo> WithoutVersionAsync(ProbeAnswer health, string? build, RequestTimer timer)
    {
        ProbeAnswer organisations = await GetAsync("api/v2/orgs", timer).ConfigureAwait(false);
        bool isCloud = organisations.IsSuccess
            ? organisations.HasArray("orgs")
            : organisations.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && organisations.IsJsonError;
        if ((isCloud || configured != InfluxApi.Auto) && (await GetAsync("query", timer).ConfigureAwait(false)).HasQueries())
        {
            InfluxProduct product = isCloud ? InfluxProducts.OfCloud(transport.Server, organisations.StorageType()) : InfluxProduct.Unknown;
            InfluxApi api = configured != InfluxApi.Auto ? configured : product == InfluxProduct.CloudServerless ? InfluxApi.V3Distributed : InfluxApi.V2;
            return new InfluxServerInfo(api, null, build, product);
        }

        throw health.Failure();
    }

    private InfluxServerInfo Info(InfluxApi api, string? version, string? build) =>
        new(api, version, build, InfluxProducts.Of(transport.Server, api, build));

    private async ValueTask<ProbeAnswer> GetAsync(string path, RequestTimer timer)
    {
        using HttpResponseMessage response = await transport.SendAsync(HttpMethod.Get, path, null, configured, timer).ConfigureAwait(false);
        string body = await ErrorBody.ReadAsync(response, timer, transport.Failures).ConfigureAwait(false);
        return new ProbeAnswer(path, response, body, transport.Failures);
    }
}
