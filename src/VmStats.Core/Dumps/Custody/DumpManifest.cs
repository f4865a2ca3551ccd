using System.Text.Json;
using System.Text.Json.Serialization;
using VmStats.Errors;
using VmStats.IO;

namespace VmStats.Dumps.Custody;

/// <summary>The JSON file next to a dump. It describes the dump's VM, time, operator, options and hashes.</summary>
internal sealed record DumpManifest
{
    public const string Suffix = ".json";

    public int Version { get; init; } = 1;

    public required Guid DumpId { get; init; }

    public required string File { get; init; }

    public required string Name { get; init; }

    public required Guid Uuid { get; init; }

    public int? VmId { get; init; }

    public string? VmState { get; init; }

    public int Cpus { get; init; }

    /// <summary>The guest's maximum memory; the image covers at least as much.</summary>
    public long GuestMemoryBytes { get; init; }

    public string Hypervisor { get; init; } = "";

    public string HostName { get; init; } = "";

    public bool IsSimulated { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>The time when the dump started, by this host's clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The time when the dump ended, by this host's clock.</summary>
    public DateTimeOffset FinishedAt { get; init; }

    public double DurationSeconds { get; init; }

    public double CallSeconds { get; init; }

    public required string Sha256 { get; init; }

    public required string StoredSha256 { get; init; }

    public long RawBytes { get; init; }

    public long StoredBytes { get; init; }

    public MemoryDumpCompression Compression { get; init; }

    public int? CompressionLevel { get; init; }

    public string Format { get; init; } = "";

    public string Flags { get; init; } = "";

    public string? Operator { get; init; }

    public string? Note { get; init; }

    public string ToolVersion { get; init; } = "";

    /// <summary>SHA-256 of the manifest file; null if the manifest was not read from a file.</summary>
    [JsonIgnore]
    public string? FileSha256 { get; init; }

    public static string PathFor(string dump) => dump + Suffix;

    /// <summary>Reads the manifest of a dump.</summary>
    /// <param name="folder">The dump's folder.</param>
    /// <param name="dump">The dump's file name.</param>
    /// <exception cref="VmStatsException"><c>DumpManifestMissing</c>, <c>DumpManifestDamaged</c>, <c>DumpFileUnsafe</c>.</exception>
    public static DumpManifest Read(PinnedFolder folder, string dump)
    {
        string path = folder.PathOf(PathFor(dump));
        try
        {
            byte[] json = folder.TryReadAllBytes(PathFor(dump)) ?? throw Missing(folder.PathOf(dump));
            return (Parse(json) ?? throw new JsonException("It is empty.")) with { FileSha256 = LedgerLine.HashOf(json) };
        }
        catch (JsonException e)
        {
            throw new VmStatsException(ErrorIds.DumpManifestDamaged, VmStatsErrorKind.InvalidData, $"The manifest '{path}' can't be read: {e.Message}", "Compare with the record in the store and with the ledger.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FolderUnusable(path, e);
        }
    }

    private static VmStatsException Missing(string dump) => new(
        ErrorIds.DumpManifestMissing, VmStatsErrorKind.NotFound, $"The dump '{dump}' has no manifest beside it.", "Bring the .json file along when a dump is moved.", dump);

    public static DumpManifest? Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, CustodyJson.Default.DumpManifest);

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            JsonSerializer.Serialize(writer, this, CustodyJson.Default.DumpManifest);
        }

        return stream.ToArray();
    }
}
