using System.Net;
using System.Text.Json;
using VmStats.Configuration;

namespace VmStats.Influx;

/// <summary>Finds out which InfluxDB answers, by /ping and, where a proxy took its headers away, by /health.</summary>
internal sealed class InfluxProbe(InfluxTransport transport, InfluxApi configured) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private InfluxApi _found;

    /// <summary>The build that the server named when it was last asked (Core, Enterprise, OSS), or null.</summary>
    public string? Build { get; private set; }

    /// <summary>The API: as configured, or asked for once and kept.</summary>
    public async ValueTask<InfluxApi> GetApiAsync(CancellationToken cancellationToken)
    {
        if (configured != InfluxApi.Auto || _found != InfluxApi.Auto)
        {
            return configured != InfluxApi.Auto ? configured : _found;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_found == InfluxApi.Auto)
            {
                _found = (await AskAsync(cancellationToken).ConfigureAwait(false)).Api;
            }

            return _found;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Asks the server.</summary>
    public async ValueTask<InfluxServerInfo> AskAsync(CancellationToken cancellationToken)
    {
        using RequestTimer timer = transport.StartTimer(cancellationToken);
        using HttpResponseMessage response =
            await transport.SendAsync(HttpMethod.Get, "ping", null, configured, timer).ConfigureAwait(false);
        string body = await InfluxFailures.ReadBodyAsync(response, timer, transport.Failures).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.NotFound)
        {
            throw transport.Failures.FromAnswer(response, body);
        }

        string? version = Header(response, "X-Influxdb-Version") ?? JsonString(body, "version");
        string? build = Header(response, "X-Influxdb-Build");
        Build = build;
        if (version is null || !response.IsSuccessStatusCode)
        {
            return await AskHealthAsync(timer).ConfigureAwait(false);
        }

        return new InfluxServerInfo(configured == InfluxApi.Auto ? ByVersion(version) : configured, version.TrimStart('v'), build);
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask<InfluxServerInfo> AskHealthAsync(RequestTimer timer)
    {
        using HttpResponseMessage response =
            await transport.SendAsync(HttpMethod.Get, "health", null, configured, timer).ConfigureAwait(false);
        string body = await InfluxFailures.ReadBodyAsync(response, timer, transport.Failures).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw transport.Failures.FromAnswer(response, body);
        }

        if (body.Trim() == "OK")
        {
            return new InfluxServerInfo(configured == InfluxApi.Auto ? InfluxApi.V3 : configured, null, null);
        }

        string? version = JsonString(body, "version");
        if (version is null || JsonString(body, "name") != "influxdb")
        {
            throw transport.Failures.NotUnderstood($"/health says {body[..Math.Min(body.Length, 80)]}");
        }

        return new InfluxServerInfo(configured == InfluxApi.Auto ? ByVersion(version) : configured, version.TrimStart('v'), null);
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
