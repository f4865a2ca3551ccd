using System.Net;
using System.Text.Json;

namespace VmStats.Influx;

/// <summary>What a server answered to a question about itself.</summary>
/// <param name="path">What it was asked.</param>
/// <param name="response">The answer.</param>
/// <param name="body">Its body, read.</param>
/// <param name="failures">Makes the failure of an answer that is none.</param>
internal sealed class ProbeAnswer(string path, HttpResponseMessage response, string body, InfluxFailures failures)
{
    private readonly JsonElement _json = Parse(body);

    public HttpStatusCode Status { get; } = response.StatusCode;

    public bool IsSuccess { get; } = response.IsSuccessStatusCode;

    public string Body => body;

    /// <summary>True for a refusal in the words of an InfluxDB, not of a proxy or of some other server.</summary>
    public bool IsJsonError => JsonString("error") is not null || (JsonString("code") ?? JsonString("message")) is not null;

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    public string? JsonString(string name) =>
        _json.ValueKind == JsonValueKind.Object && _json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public bool HasArray(string name) =>
        _json.ValueKind == JsonValueKind.Object && _json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    /// <summary>The engine of the first organisation that names it: tsm or iox.</summary>
    public string? StorageType() => !HasArray("orgs") ? null : _json.GetProperty("orgs").EnumerateArray()
        .Where(one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("defaultStorageType", out JsonElement type) && type.ValueKind == JsonValueKind.String)
        .Select(one => one.GetProperty("defaultStorageType").GetString())
        .FirstOrDefault();

    /// <summary>True where the path exists: a server that has it complains of what is missing in the request.</summary>
    /// <exception cref="InfluxException">It doesn't tell: it wants to know who asks, or can't answer now.</exception>
    public bool HasPath() => Status switch
    {
        HttpStatusCode.NotFound => false,
        _ when IsSuccess => !Body.AsSpan().TrimStart().StartsWith("<"),
        HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity => true,
        _ => throw Failure(),
    };

    /// <summary>True where /query is InfluxDB's, which complains in JSON that there is no query.</summary>
    /// <exception cref="InfluxException">It refuses the token, or can't answer now.</exception>
    public bool HasQueries() => HasPath() && IsJsonError;

    /// <summary>The answer as a failure; one that is no refusal was not understood.</summary>
    public InfluxException Failure() => IsSuccess
        ? failures.NotUnderstood($"/{path} says {body[..Math.Min(body.Length, 80)]}")
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
