using System.Text.Json.Serialization;

namespace VmStats.Dumps.State;

/// <summary>The JSON serializer context for state files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DumpStateData))]
internal sealed partial class StateJson : JsonSerializerContext;
