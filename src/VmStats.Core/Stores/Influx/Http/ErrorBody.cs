using System.Text;
using System.Text.Json;

namespace VmStats.Stores.Influx.Http;

/// <summary>Reads the bodies of error responses, from servers or from proxies in front of them.</summary>
internal static class ErrorBody
{
    private const int MaximumBytes = 1024 * 1024;

    /// <summary>Extracts the text of an error body, which may be JSON in several shapes or plain text.</summary>
    public static string TextOf(string body)
    {
        string trimmed = body.Trim();
        if (!trimmed.StartsWith('{'))
        {
            return trimmed;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(trimmed);
            JsonElement root = document.RootElement;
            string text = String(root, "error") ?? String(root, "message") ?? trimmed;
            return root.TryGetProperty("data", out JsonElement data) ? $"{text}: {Detail(data)}" : text;
        }
        catch (JsonException)
        {
            return trimmed;
        }
    }

    /// <summary>
    /// Reads a body, at most a MiB of it. One that is cut off is returned as far as it was received; one that stalls
    /// causes a timeout.
    /// </summary>
    public static async ValueTask<string> ReadAsync(HttpResponseMessage response, RequestTimer timer, InfluxFailures failures)
    {
        using MemoryStream buffer = new();
        try
        {
            timer.Restart();
            Stream stream = await response.Content.ReadAsStreamAsync(timer.Token).ConfigureAwait(false);
            byte[] chunk = new byte[8192];
            int read;
            while (buffer.Length < MaximumBytes && (read = await stream.ReadAsync(chunk, timer.Token).ConfigureAwait(false)) > 0)
            {
                buffer.Write(chunk, 0, read);
            }

            timer.Pause();
        }
        catch (OperationCanceledException e)
        {
            throw timer.WasCancelledByCaller ? timer.Cancelled(e) : failures.BrokenBody(e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The status code already shows whether the request failed.
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string Detail(JsonElement data)
    {
        JsonElement first = data.ValueKind == JsonValueKind.Array && data.GetArrayLength() > 0 ? data[0] : data;
        return first.ValueKind == JsonValueKind.Object ? String(first, "error_message") ?? first.GetRawText() : data.GetRawText();
    }

    private static string? String(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
