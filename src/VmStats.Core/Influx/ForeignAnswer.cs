using System.Net;
using System.Text.Json;

namespace VmStats.Influx;

/// <summary>
/// Answers of status 200 that are not the server's rows: the page of a proxy that wants a sign-in, an error in a form that rows
/// don't come in. Taken for an answer, they would be no rows at all, or one odd row.
/// </summary>
internal static class ForeignAnswer
{
    private const int LongestExcerpt = 200;

    /// <summary>Throws where a successful answer is none of the server's.</summary>
    /// <param name="response">The answer, its body unread.</param>
    /// <param name="areLines">Whether JSON lines were asked for, which have a type of their own.</param>
    /// <param name="timer">Limits the reading of the body.</param>
    /// <param name="failures">Makes the exceptions.</param>
    public static async ValueTask RefuseAsync(HttpResponseMessage response, bool areLines, RequestTimer timer, InfluxFailures failures)
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
            _ => failures.NotUnderstood($"{(isPage ? "a page" : "an answer")} of type {type}: {text[..Math.Min(text.Length, LongestExcerpt)]}"),
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
