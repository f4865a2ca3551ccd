using System.Reflection;
using VmStats.Dumps.Custody;
using VmStats.Dumps.State;
using VmStats.Hypervisors;
using VmStats.Points;

namespace VmStats.Dumps.Capture;

/// <summary>
/// What is known of an attempt to dump a VM's memory that has ended: by itself, or by the death of its process. Its manifest,
/// its line in the ledger and its record are made of this one shape, and so say the same.
/// </summary>
/// <param name="Dump">What its state file says: of which VM, when, by whom and how.</param>
/// <param name="State">How it ended.</param>
internal sealed record DumpFacts(DumpStateData Dump, MemoryDumpState State)
{
    /// <summary>What takes the dumps, with its version.</summary>
    public static string ToolVersion { get; } =
        "VmStats " + (typeof(DumpFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    /// <summary>The image; null where none is known to be whole.</summary>
    public DumpedImage? Image { get; init; }

    /// <summary>The file's full path; null where there is none.</summary>
    public string? Path { get; init; }

    /// <summary>From the call to the hypervisor until it ended.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The stable id of what went wrong.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }

    /// <summary>The sheet beside a dump that is whole.</summary>
    /// <param name="vm">The VM as it was when it was dumped.</param>
    public DumpManifest ToManifest(VmInfo vm) => new()
    {
        DumpId = Dump.DumpId,
        File = Dump.FileName,
        Name = Dump.Name,
        Uuid = Dump.Uuid,
        VmId = Dump.VmId,
        VmState = vm.State.ToString(),
        Cpus = vm.Cpus,
        GuestMemoryBytes = vm.MaximumMemoryBytes,
        Hypervisor = Dump.HypervisorUri,
        HostName = Dump.HostName,
        IsSimulated = Dump.IsSimulated,
        Time = Dump.Time,
        StartedAt = Dump.StartedAt!.Value,
        FinishedAt = DateTimeOffset.UtcNow,
        DurationSeconds = Duration!.Value.TotalSeconds,
        CallSeconds = Image!.CallTime!.Value.TotalSeconds,
        Sha256 = Image.Sha256,
        StoredSha256 = Image.StoredSha256,
        RawBytes = Image.RawBytes,
        StoredBytes = Image.StoredBytes,
        Compression = Dump.Compression,
        CompressionLevel = Dump.CompressionLevel,
        Format = MemoryDumpPaths.NameOf(Dump.Format),
        Flags = Dump.Flags,
        Operator = Dump.Operator,
        Note = Dump.Note,
        ToolVersion = ToolVersion,
    };

    /// <summary>The ledger's line: a capture where there is an image, else an attempt. The ledger fills in its place in the chain.</summary>
    /// <param name="manifestSha256">SHA-256 of the manifest, of a capture.</param>
    public LedgerEntry ToLedgerEntry(string? manifestSha256 = null) => new()
    {
        Sequence = 0,
        Previous = "",
        Time = DateTimeOffset.UtcNow,
        Event = Image is null ? LedgerEvent.Attempt : LedgerEvent.Capture,
        File = Image is null ? null : Dump.FileName,
        DumpId = Dump.DumpId,
        Name = Dump.Name,
        Uuid = Dump.Uuid,
        Sha256 = Image?.Sha256,
        StoredSha256 = Image?.StoredSha256,
        ManifestSha256 = manifestSha256,
        Operator = Dump.Operator,
        Host = Dump.HostName,
        Detail = Image is null ? $"{State}: {ErrorId}" : null,
    };

    /// <summary>The record for the store, but for what only the file and the ledger know.</summary>
    public MemoryDumpRecord ToRecord() => new()
    {
        TimeUtc = Dump.Time.UtcDateTime,
        Name = Dump.Name,
        Uuid = Dump.Uuid,
        Id = Dump.VmId,
        HostName = Dump.HostName,
        State = State,
        DumpId = Dump.DumpId,
        Path = Path,
        Folder = Dump.Folder,
        Sha256 = Image?.Sha256,
        StoredSha256 = Image?.StoredSha256,
        RawBytes = Image?.RawBytes,
        StoredBytes = Image?.StoredBytes,
        Duration = Duration,
        PauseTime = Image is { WasRunning: true } ? Image.CallTime : null,
        Compression = Dump.Compression,
        CompressionLevel = Dump.CompressionLevel,
        Format = MemoryDumpPaths.NameOf(Dump.Format),
        Flags = Dump.Flags,
        Operator = Dump.Operator,
        Note = Dump.Note,
        ToolVersion = ToolVersion,
        ErrorId = ErrorId,
        Error = Error,
        IsSimulated = Dump.IsSimulated,
    };
}

/// <summary>The image that a dump made: as it was captured, or as its manifest has it.</summary>
/// <param name="Sha256">SHA-256 of the raw image.</param>
/// <param name="StoredSha256">SHA-256 of the file.</param>
/// <param name="RawBytes">Bytes of the raw image.</param>
/// <param name="StoredBytes">Bytes of the file.</param>
/// <param name="CallTime">How long the call to the hypervisor took.</param>
/// <param name="WasRunning">Whether the VM ran, and so was paused by that call.</param>
internal sealed record DumpedImage(string Sha256, string StoredSha256, long RawBytes, long StoredBytes, TimeSpan? CallTime, bool WasRunning)
{
    public static DumpedImage Of(CaptureResult capture, VmInfo vm) => new(
        capture.Stored.Sha256, capture.Stored.StoredSha256, capture.Stored.RawBytes, capture.Stored.StoredBytes, capture.CallTime, vm.State == VmState.Running);

    public static DumpedImage Of(DumpManifest manifest) => new(
        manifest.Sha256, manifest.StoredSha256, manifest.RawBytes, manifest.StoredBytes, Duration.OfSeconds(manifest.CallSeconds), manifest.VmState == nameof(VmState.Running));
}
