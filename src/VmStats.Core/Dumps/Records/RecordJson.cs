using System.Text.Json.Serialization;

namespace VmStats.Dumps.Records;

/// <summary>The JSON serializer context of records that wait in a spool.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SpooledRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
