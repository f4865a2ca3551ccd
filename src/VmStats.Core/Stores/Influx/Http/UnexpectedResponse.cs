using System.Net;
using System.Text.Json;

namespace VmStats.Stores.Influx.Http;

/// <summary>
/// Detects responses with status 200 that are not the server's rows: a proxy's sign-in page, or an error in a different
/// format. Read as rows, they would be no rows at all, or one nonsensical row.
/// </summary>
internal static class UnexpectedResponse
{
    private const int MaximumExcerptLength = 200;

    /// <summary>Throws if a successful response isn't one of the server's.</summary>
    /// <param name="response">The response, with its body unread.</param>
    /// <param name="areLines">True if JSON lines were requested, which have their own content type.</param>
    /// <param name="timer">Limits the time to read the body.</param>
    /// <param name="failures">Creates the exceptions.</param>
    public static async ValueTask ThrowIfUnexpectedAsync(HttpResponseMessage response, bool areLines, RequestTimer timer, InfluxFailures failures)
    {
        string? type = response.Content.Headers.ContentType?.MediaType;
        bool isPage = type is "text/html" or "application/xhtml+xml";
        if (!isPage && !(areLines && type == "application/json"))
        {
            return;
        }

        string body = await ErrorBody.ReadAsync(response, timer, failures).ConfigureAwait(false);
        if (!isPage && HasError(body))
        {
            throw failures.FromText(ErrorBody.TextOf(body), HttpStatusCode.OK);
        }

        string text = body.Trim();
        throw (isPage, text.Length) switch
        {
            (false, 0) => failures.StatementFailed(new IOException("the answer is empty"), transient: false),
            (true, 0) => failures.NotUnderstood($"an empty page of type {type}"),
            _ => failures.NotUnderstood($"{(isPage ? "a page" : "an answer")} of type {type}: {text[..Math.Min(text.Length, MaximumExcerptLength)]}"),
        };
    }

    private static bool HasError(string body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
