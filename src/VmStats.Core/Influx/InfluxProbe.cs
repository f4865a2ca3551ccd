using System.Net;
using System.Text.Json;
using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>Finds out which InfluxDB answers, by /ping and, where a proxy took its headers away, by /health.</summary>
internal sealed class InfluxProbe(InfluxTransport transport, InfluxApi configured) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>What the server said when it was last asked; null when it wasn't.</summary>
    public InfluxServerInfo? Server { get; private set; }

    /// <summary>The API: as configured, or asked for once and kept.</summary>
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
            return (Server ?? await AskAsync(cancellationToken).ConfigureAwait(false)).Api;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Asks the server.</summary>
    public async ValueTask<InfluxServerInfo> AskAsync(CancellationToken cancellationToken) =>
        Server = await AskPingAsync(cancellationToken).ConfigureAwait(false);

    public void Dispose() => _gate.Dispose();

    private async ValueTask<InfluxServerInfo> AskPingAsync(CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        using HttpResponseMessage response =
            await transport.SendAsync(HttpMethod.Get, "ping", null, configured, timer).ConfigureAwait(false);
        string body = await ErrorBody.ReadAsync(response, timer, transport.Failures).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.NotFound)
        {
            throw transport.Failures.FromAnswer(response, body);
        }

        string? version = Header(response, "X-Influxdb-Version") ?? JsonString(body, "version");
        string? build = Header(response, "X-Influxdb-Build");
        if (version is null || !response.IsSuccessStatusCode)
        {
            return await AskHealthAsync(timer, build).ConfigureAwait(false);
        }

        return new InfluxServerInfo(configured == InfluxApi.Auto ? ByVersion(version) : configured, version.TrimStart('v'), build)
        {
            ProcessId = JsonString(body, "process_id"),
        };
    }

    private async ValueTask<InfluxServerInfo> AskHealthAsync(RequestTimer timer, string? build)
    {
        using HttpResponseMessage response =
            await transport.SendAsync(HttpMethod.Get, "health", null, configured, timer).ConfigureAwait(false);
        string body = await ErrorBody.ReadAsync(response, timer, transport.Failures).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw transport.Failures.FromAnswer(response, body);
        }

        if (body.Trim() == "OK")
        {
            return new InfluxServerInfo(configured == InfluxApi.Auto ? InfluxApi.V3 : configured, null, build);
        }

        string? version = JsonString(body, "version");
        if (version is null || JsonString(body, "name") != "influxdb")
        {
            throw transport.Failures.NotUnderstood($"/health says {body[..Math.Min(body.Length, 80)]}");
        }

        return new InfluxServerInfo(configured == InfluxApi.Auto ? ByVersion(version) : configured, version.TrimStart('v'), build);
    }

    private InfluxApi ByVersion(string version) => version.TrimStart('v') switch
    {
        ['1', '.', ..] or ['0', '.', ..] => InfluxApi.V1,
        ['2', '.', ..] => InfluxApi.V2,
        [>= '3' and <= '9', ..] => InfluxApi.V3,
        _ => throw transport.Failures.NotUnderstood($"its version is '{version}'"),
    };

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private static string? JsonString(string body, string name)
    {
        if (!body.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
