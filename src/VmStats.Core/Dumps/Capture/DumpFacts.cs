using System.Reflection;
using VmStats.Dumps.Custody;
using VmStats.Dumps.State;
using VmStats.Hypervisors;
using VmStats.Points;

namespace VmStats.Dumps.Capture;

/// <summary>
/// The facts about a dump attempt that has ended, regularly or because its process died. The manifest, the ledger entry and the
/// record are all created from these facts, so that they are consistent.
/// </summary>
/// <param name="Dump">The contents of the dump's state file: VM, time, operator and options.</param>
/// <param name="State">The final state.</param>
internal sealed record DumpFacts(DumpStateData Dump, MemoryDumpState State)
{
    /// <summary>The name and version of this module, as recorded with each dump.</summary>
    public static string ToolVersion { get; } =
        "VmStats " + (typeof(DumpFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    /// <summary>The image; null if there is no image known to be complete.</summary>
    public DumpedImage? Image { get; init; }

    /// <summary>The dump file's full path; null if there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The time from the call to the hypervisor until the dump ended.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The id of the error; null if there was none.</summary>
    public string? ErrorId { get; init; }

    /// <summary>The error message; null if there was no error.</summary>
    public string? Error { get; init; }

    /// <summary>Creates the manifest of a complete dump.</summary>
    /// <param name="vm">The VM's properties at the time of the dump.</param>
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

    /// <summary>Creates the ledger entry: a capture if there is an image, otherwise an attempt. The ledger sets its sequence number and previous hash.</summary>
    /// <param name="manifestSha256">SHA-256 of the manifest; only for a capture.</param>
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

    /// <summary>Creates the record for the store, without the values that come from the dump file and the ledger.</summary>
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

/// <summary>The image of a dump, either just captured or described by its manifest.</summary>
/// <param name="Sha256">SHA-256 of the raw image.</param>
/// <param name="StoredSha256">SHA-256 of the file.</param>
/// <param name="RawBytes">Size of the raw image in bytes.</param>
/// <param name="StoredBytes">Size of the file in bytes.</param>
/// <param name="CallTime">The duration of the call to the hypervisor.</param>
/// <param name="WasRunning">True if the VM was running, and was therefore paused by that call.</param>
internal sealed record DumpedImage(string Sha256, string StoredSha256, long RawBytes, long StoredBytes, TimeSpan? CallTime, bool WasRunning)
{
    public static DumpedImage Of(CaptureResult capture, VmInfo vm) => new(
        capture.Stored.Sha256, capture.Stored.StoredSha256, capture.Stored.RawBytes, capture.Stored.StoredBytes, capture.CallTime, vm.State == VmState.Running);

    public static DumpedImage Of(DumpManifest manifest) => new(
        manifest.Sha256, manifest.StoredSha256, manifest.RawBytes, manifest.StoredBytes, Duration.OfSeconds(manifest.CallSeconds), manifest.VmState == nameof(VmState.Running));
}
