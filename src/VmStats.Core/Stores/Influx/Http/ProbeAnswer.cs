using System.Net;
using System.Text.Json;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>A server's response to a request for information about itself.</summary>
/// <param name="path">The path that was requested.</param>
/// <param name="response">The response.</param>
/// <param name="body">Its body.</param>
/// <param name="failures">Creates the exceptions.</param>
internal sealed class ProbeAnswer(string path, HttpResponseMessage response, string body, InfluxFailures failures)
{
    private readonly JsonElement _json = Parse(body);

    public HttpStatusCode Status { get; } = response.StatusCode;

    public bool IsSuccess { get; } = response.IsSuccessStatusCode;

    public string Body => body;

    /// <summary>True for an error in InfluxDB's format, not that of a proxy or another server.</summary>
    public bool IsJsonError => JsonString("error") is not null || (JsonString("code") ?? JsonString("message")) is not null;

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    public string? JsonString(string name) =>
        _json.ValueKind == JsonValueKind.Object && _json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public bool HasArray(string name) =>
        _json.ValueKind == JsonValueKind.Object && _json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>Returns the storage engine of the first organisation that has one: tsm or iox.</summary>
    public string? StorageType() => !HasArray("orgs") ? null : _json.GetProperty("orgs").EnumerateArray()
        .Where(one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("defaultStorageType", out JsonElement type) && type.ValueKind == JsonValueKind.String)
        .Select(one => one.GetProperty("defaultStorageType").GetString())
        .FirstOrDefault();

    /// <summary>True if the path exists: then the server reports what is missing in the request.</summary>
    /// <exception cref="InfluxException">It can't be determined: the server requires authentication, or can't answer now.</exception>
    public bool HasPath() => Status switch
    {
        HttpStatusCode.NotFound => false,
        _ when IsSuccess => !Body.AsSpan().TrimStart().StartsWith("<"),
        HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity => true,
        _ => throw Failure(),
    };

    /// <summary>True if /query is InfluxDB's, which reports in JSON that the query is missing.</summary>
    /// <exception cref="InfluxException">The server refuses the token, or can't answer now.</exception>
    public bool HasQueries() => HasPath() && IsJsonError;

    /// <summary>Returns the exception for the response; a response with a success status was not understood.</summary>
    public InfluxException Failure() => IsSuccess
        ? failures.NotUnderstood($"/{path} returned {body[..Math.Min(body.Length, 80)]}")
        : failures.FromAnswer(response, body);

    private static JsonElement Parse(string body)
    {
        if (!body.AsSpan().TrimStart().StartsWith("{"))
        {
            return default;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
