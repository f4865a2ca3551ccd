using System.Text.Json.Serialization;

namespace VmStats;

/// <summary>
/// What is kept of one attempt to dump a VM's memory: by this module, by the original's script or by its service.
/// What the writer didn't say is null.
/// </summary>
public sealed record MemoryDumpRecord
{
    private readonly bool? _isHashVerified = true;
    private readonly IReadOnlyList<string> _warnings = [];

    /// <summary>When the dump began, by the hypervisor's clock, in local time.</summary>
    [JsonIgnore]
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC: it sorts through the hour that repeats when daylight saving ends.</summary>
    [JsonPropertyName("time")]
    public required DateTime TimeUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>The VM's name at that time.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity; null in records of the original's programs.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>libvirt's run-time id at that time; null when the VM was off or the record has none.</summary>
    public int? Id { get; init; }

    /// <summary>The hypervisor host's name.</summary>
    public string? HostName { get; init; }

    /// <summary>How it ended.</summary>
    public MemoryDumpState State { get; init; } = MemoryDumpState.Completed;

    /// <summary>The dump's own identity; null in records of the original's programs.</summary>
    public Guid? DumpId { get; init; }

    /// <summary>The file, on the host where it was taken.</summary>
    public string? Path { get; init; }

    /// <summary>The dump folder, also of an attempt that left no file; null in records of the original's programs.</summary>
    public string? Folder { get; init; }

    /// <summary>SHA-256 of the raw image, lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of the file as stored, lower-case hex.</summary>
    public string? StoredSha256 { get; init; }

    /// <summary>False where nobody but the dump service vouches for <see cref="Sha256"/>; null where there is no hash.</summary>
    public bool? IsHashVerified
    {
        get => Sha256 is null ? null : _isHashVerified;
        init => _isHashVerified = value;
    }

    /// <summary>Bytes of the raw image.</summary>
    public long? RawBytes { get; init; }

    /// <summary>Bytes of the file as stored.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Raw bytes per stored byte.</summary>
    public double? Ratio => RawBytes is long raw && StoredBytes is > 0 ? (double)raw / StoredBytes.Value : null;

    /// <summary>From the call to the hypervisor until the file was in place.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>From the call to the hypervisor until it returned: the guest was paused no longer than this. Null when the guest wasn't running.</summary>
    public TimeSpan? PauseTime { get; init; }

    /// <summary>Megabytes (10^6 bytes) of raw image a second over <see cref="Duration"/>.</summary>
    public double? MegabytesPerSecond =>
        RawBytes is long raw && Duration is TimeSpan time && time > TimeSpan.Zero ? raw / 1e6 / time.TotalSeconds : null;

    /// <summary>How it is stored.</summary>
    public MemoryDumpCompression? Compression { get; init; }

    /// <summary>The compressor's level.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>The image's format: <c>elf</c>, <c>kdump-zlib</c>, ...</summary>
    public string? Format { get; init; }

    /// <summary>libvirt's flags, such as <c>memory-only,live</c>.</summary>
    public string? Flags { get; init; }

    /// <summary>Who took it.</summary>
    public string? Operator { get; init; }

    /// <summary>The operator's note.</summary>
    public string? Note { get; init; }

    /// <summary>What took it, with its version.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>The stable id of the error; null when it didn't fail.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What went wrong; null when it didn't fail.</summary>
    public string? Error { get; init; }

    /// <summary>Hash of the custody ledger's line for this dump: with it, a ledger that was cut or rewritten is found out.</summary>
    public string? LedgerHead { get; init; }

    /// <summary>True for a VM of a simulated fleet.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>The file's inode change time, to the second, local.</summary>
    [JsonIgnore]
    public DateTime? ChangeTime => ChangeTimeUtc?.ToLocalTime();

    /// <summary><see cref="ChangeTime"/> in UTC.</summary>
    [JsonPropertyName("changeTime")]
    public DateTime? ChangeTimeUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>The file's last write, to the second, local.</summary>
    [JsonIgnore]
    public DateTime? LastWriteTime => LastWriteTimeUtc?.ToLocalTime();

    /// <summary><see cref="LastWriteTime"/> in UTC.</summary>
    [JsonPropertyName("lastWriteTime")]
    public DateTime? LastWriteTimeUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>The file's last access, to the second, local.</summary>
    [JsonIgnore]
    public DateTime? LastAccessTime => LastAccessTimeUtc?.ToLocalTime();

    /// <summary><see cref="LastAccessTime"/> in UTC.</summary>
    [JsonPropertyName("lastAccessTime")]
    public DateTime? LastAccessTimeUtc { get; init => field = value?.ToUniversalTime(); }

    /// <summary>What the user should know of this dump; only in the object that the dump itself returns. As text, one after the other.</summary>
    public IReadOnlyList<string> Warnings
    {
        get => _warnings;
        init => _warnings = new JoinedList<string>(value);
    }

    /// <summary>The VM's name, which is what PowerShell binds where it can bind nothing better.</summary>
    public override string ToString() => Name;
}
