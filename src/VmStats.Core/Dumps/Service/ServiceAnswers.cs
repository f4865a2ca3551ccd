using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using VmStats.Errors;
using VmStats.Points;

namespace VmStats.Dumps.Service;

/// <summary>Interprets the dump service's answers.</summary>
internal static class ServiceAnswers
{
    private const int QuotedLength = 300;

    /// <summary>Converts a status; returns null if its state is unknown.</summary>
    public static MemoryDumpStatus? ToStatus(string name, ServiceDumpStatus status, string address) =>
        !Enum.TryParse(status.State, ignoreCase: true, out MemoryDumpState state) || !Enum.IsDefined(state)
            ? null
            : new MemoryDumpStatus
            {
                DumpId = Guid.TryParse(status.DumpId, out Guid id) ? id : Guid.Empty,
                Name = status.Vm ?? name,
                State = state,
                PercentComplete = status.Progress,
                StartedAtUtc = TimeOf(status.StartedAt),
                FinishedAtUtc = TimeOf(status.FinishedAt),
                Duration = Duration.OfSeconds(status.Duration),
                Path = status.DumpPath,
                Message = status.Message,
                Source = address,
            };

    /// <summary>Returns the exception for an answer with an error status.</summary>
    public static VmStatsException Refused(string address, HttpStatusCode code, byte[] body)
    {
        string? detail = DetailOf(body);
        string text = detail ?? Encoding.UTF8.GetString(body).Trim();
        (string id, VmStatsErrorKind kind, string recommendation) = code switch
        {
            // For an unknown route the detail is "Not Found".
            HttpStatusCode.NotFound when detail?.StartsWith("No dump", StringComparison.Ordinal) == true =>
                (MemoryDumpServiceClient.NoDumpId, VmStatsErrorKind.NotFound, "Start one with Invoke-MemoryDump -ServiceUrl."),
            HttpStatusCode.NotFound => (ErrorIds.DumpServiceNotFound, VmStatsErrorKind.NotFound, "Check that -ServiceUrl (MEMDUMP_SERVICE_URL) names the original's dump service."),
            HttpStatusCode.Unauthorized or HttpStatusCode.ProxyAuthenticationRequired =>
                (ErrorIds.DumpServiceRefused, VmStatsErrorKind.Authentication, "The dump service itself requires no credentials: a proxy in front of it does."),
            HttpStatusCode.Forbidden => (ErrorIds.DumpServiceRefused, VmStatsErrorKind.PermissionDenied, "Ask the administrator of the proxy in front of the dump service."),
            HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests => (ErrorIds.DumpServiceBusy, VmStatsErrorKind.ResourceBusy, "Wait, and look at Get-MemoryDumpStatus -ServiceUrl."),
            >= HttpStatusCode.InternalServerError => (ErrorIds.DumpServiceFailed, VmStatsErrorKind.Unavailable, "Look at the service's log."),
            _ => (ErrorIds.DumpServiceRefused, VmStatsErrorKind.InvalidOperation, "Look at the service's log."),
        };
        string what = string.Create(CultureInfo.InvariantCulture, $"The dump service '{address}' answered {(int)code}");
        return new VmStatsException(id, kind, text.Length == 0 ? what + "." : $"{what}: {text[..Math.Min(text.Length, QuotedLength)]}", recommendation, address);
    }

    private static string? DetailOf(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("detail", out JsonElement detail)
                ? detail.ValueKind == JsonValueKind.String ? detail.GetString() : detail.GetRawText()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTime? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time.UtcDateTime : null;
}
