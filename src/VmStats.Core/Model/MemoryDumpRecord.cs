using System.Text.Json.Serialization;

namespace VmStats;

/// <summary>
/// The record of one attempt to dump a VM's memory, written by this module, by the original's script or by its service.
/// Properties that the writer didn't record are null.
/// </summary>
public sealed record MemoryDumpRecord
{
    private readonly bool? _isHashVerified = true;
    private readonly IReadOnlyList<string> _warnings = [];

    /// <summary>When the dump began, by the hypervisor's clock, in local time.</summary>
    [JsonIgnore]
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary><see cref="Time"/> in UTC, which sorts correctly even when local clocks go back.</summary>
    [JsonPropertyName("time")]
    public required DateTime TimeUtc { get; init => field = value.ToUniversalTime(); }

    /// <summary>The VM's name at that time.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's UUID; null in records of the original's programs.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>libvirt's run-time id at that time; null if the VM was off or the id wasn't recorded.</summary>
    public int? Id { get; init; }

    /// <summary>The hypervisor host's name.</summary>
    public string? HostName { get; init; }

    /// <summary>The outcome.</summary>
    public MemoryDumpState State { get; init; } = MemoryDumpState.Completed;

    /// <summary>The dump's unique id; null in records of the original's programs.</summary>
    public Guid? DumpId { get; init; }

    /// <summary>The path of the file on the host where the dump was taken.</summary>
    public string? Path { get; init; }

    /// <summary>The dump folder, even if the attempt left no file; null in records of the original's programs.</summary>
    public string? Folder { get; init; }

    /// <summary>SHA-256 of the raw image, lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>SHA-256 of the file as stored, lower-case hex.</summary>
    public string? StoredSha256 { get; init; }

    /// <summary>False if <see cref="Sha256"/> was reported by the dump service and not computed by this module; null if there is no hash.</summary>
    public bool? IsHashVerified
    {
        get => Sha256 is null ? null : _isHashVerified;
        init => _isHashVerified = value;
    }

    /// <summary>Size of the raw image in bytes.</summary>
    public long? RawBytes { get; init; }

    /// <summary>Size of the stored file in bytes.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Compression ratio: raw size divided by stored size.</summary>
    public double? Ratio => RawBytes is long raw && StoredBytes is > 0 ? (double)raw / StoredBytes.Value : null;

    /// <summary>Time from the call to the hypervisor until the file was in place.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Time from the call to the hypervisor until it returned: the maximum time that the guest was paused. Null when the guest wasn't running.</summary>
    public TimeSpan? PauseTime { get; init; }

    /// <summary>Megabytes (10^6 bytes) of raw image per second, over <see cref="Duration"/>.</summary>
    public double? MegabytesPerSecond =>
        RawBytes is long raw && Duration is TimeSpan time && time > TimeSpan.Zero ? raw / 1e6 / time.TotalSeconds : null;

    /// <summary>The storage format.</summary>
    public MemoryDumpCompression? Compression { get; init; }

    /// <summary>The compression level.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>The image's format: <c>elf</c>, <c>kdump-zlib</c>, ...</summary>
    public string? Format { get; init; }

    /// <summary>libvirt's flags, such as <c>memory-only,live</c>.</summary>
    public string? Flags { get; init; }

    /// <summary>The user who took the dump.</summary>
    public string? Operator { get; init; }

    /// <summary>The operator's note.</summary>
    public string? Note { get; init; }

    /// <summary>The program that took the dump, with its version.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>The stable error id; null if the dump didn't fail.</summary>
    public string? ErrorId { get; init; }

    /// <summary>The error message; null if the dump didn't fail.</summary>
    public string? Error { get; init; }

    /// <summary>Hash of the custody ledger's entry for this dump, used to detect a truncated or rewritten ledger.</summary>
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

    /// <summary>Warnings about this dump; only in the object returned by the dump command itself. As text, they are joined by semicolons.</summary>
    public IReadOnlyList<string> Warnings
    {
        get => _warnings;
        init => _warnings = new JoinedList<string>(value);
    }

    /// <summary>The VM's name, which PowerShell binds to string parameters from the pipeline.</summary>
    public override string ToString() => Name;
}
