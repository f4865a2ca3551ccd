using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using VmStats.Errors;
using VmStats.Text;

namespace VmStats.Stores.Influx.Errors;

/// <summary>A line that the server refused.</summary>
/// <param name="Number">Its number in the request, from 1.</param>
/// <param name="Reason">The server's text.</param>
internal sealed record RefusedLine(int Number, string Reason);

/// <summary>A server's response that concerns individual points of a write, not the write as a whole.</summary>
/// <param name="Reason">The server's text.</param>
/// <param name="Lines">The lines that the server named, if any.</param>
/// <param name="Dropped">The number of points that the server reports as dropped; null if it doesn't report it.</param>
/// <param name="IsTooLarge">True if the request was too large: fewer points may be accepted.</param>
internal sealed partial record Refusal(string Reason, IReadOnlyList<RefusedLine> Lines, int? Dropped, bool IsTooLarge)
{
    // Errors of points: every other error concerns the request, and sending its points one by one would not help.
    private static readonly HashSet<string> s_ofPoints =
    [
        ErrorIds.InfluxPartialWrite, ErrorIds.InfluxLineProtocolInvalid, ErrorIds.InfluxFieldTypeConflict, ErrorIds.InfluxDuplicateField, ErrorIds.InfluxDuplicateTag,
        ErrorIds.InfluxBeyondRetention, ErrorIds.InfluxKeyTooLong, ErrorIds.InfluxColumnLimit, ErrorIds.InfluxTableLimit,
    ];

    /// <summary>Parses a refusal; returns null if it concerns the whole write.</summary>
    public static Refusal? Read(HttpStatusCode status, string body, InfluxException failure)
    {
        string reason = failure.ServerText ?? failure.Message;
        if (status == HttpStatusCode.RequestEntityTooLarge || failure.ErrorId == ErrorIds.InfluxRequestTooLarge)
        {
            return new Refusal(reason, [], null, IsTooLarge: true);
        }

        List<RefusedLine> lines = ReadLines(body);
        if (lines.Count == 0 && !s_ofPoints.Contains(failure.ErrorId))
        {
            return null;
        }

        Match dropped = DroppedCount().Match(reason);
        int? count = dropped.Success ? int.Parse(dropped.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        return new Refusal(reason, lines, count, IsTooLarge: false);
    }

    private static List<RefusedLine> ReadLines(string body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            // If it is an object, nothing was written: the batch must be sent again without that line.
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("data", out JsonElement data) && data.ValueKind == JsonValueKind.Array
                ? data.EnumerateArray().Select(ReadLine).OfType<RefusedLine>().ToList()
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static RefusedLine? ReadLine(JsonElement line) =>
        line.ValueKind == JsonValueKind.Object
        && line.TryGetProperty("line_number", out JsonElement number) && number.TryGetInt32(out int value)
            ? new RefusedLine(value, line.TryGetProperty("error_message", out JsonElement text) ? SafeText.Printable(text.GetString() ?? "") : "")
            : null;

    [GeneratedRegex(@"dropped=(\d+)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex DroppedCount();
}
