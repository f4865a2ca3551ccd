using System.Text.Json.Serialization;

namespace VmStats.Dumps.Custody;

/// <summary>The JSON serializer context for manifests and ledger lines.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DumpManifest))]
[JsonSerializable(typeof(LedgerEntry))]
internal sealed partial class CustodyJson : JsonSerializerContext;
