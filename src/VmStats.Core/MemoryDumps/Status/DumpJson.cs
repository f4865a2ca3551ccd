using System.Text.Json.Serialization;

namespace VmStats.MemoryDumps;

/// <summary>The JSON serializer context of state files, manifests, ledger lines and spooled records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DumpStateData))]
[JsonSerializable(typeof(SpooledRecord))]
[JsonSerializable(typeof(DumpManifest))]
[JsonSerializable(typeof(LedgerEntry))]
internal sealed partial class DumpJson : JsonSerializerContext;
