using System.Text.Json.Serialization;

namespace VmStats.Dumps.Service;

/// <summary>The status of a dump as the original's service sends it.</summary>
internal sealed record ServiceDumpStatus
{
    [JsonPropertyName("dump_id")]
    public string? DumpId { get; init; }

    [JsonPropertyName("vm")]
    public string? Vm { get; init; }

    [JsonPropertyName("state")]
    public string? State { get; init; }

    [JsonPropertyName("progress")]
    public double Progress { get; init; }

    [JsonPropertyName("message")]
    public string? Message { get; init; }

    [JsonPropertyName("started_at")]
    public string? StartedAt { get; init; }

    [JsonPropertyName("finished_at")]
    public string? FinishedAt { get; init; }

    [JsonPropertyName("dump_path")]
    public string? DumpPath { get; init; }

    [JsonPropertyName("duration_sec")]
    public double? Duration { get; init; }
}

/// <summary>The body of a request to take dumps.</summary>
internal sealed record ServiceDumpRequest([property: JsonPropertyName("vms")] IReadOnlyList<string> Vms);

/// <summary>The JSON of the original's service.</summary>
[JsonSerializable(typeof(ServiceDumpRequest))]
[JsonSerializable(typeof(ServiceDumpStatus))]
[JsonSerializable(typeof(Dictionary<string, ServiceDumpStatus>))]
internal sealed partial class ServiceJson : JsonSerializerContext;
