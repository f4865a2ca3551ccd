using System.Text.Json.Serialization;

namespace VmStats.Dumps.Records;

/// <summary>The JSON serializer context for records that are kept for their store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SpooledRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
