using VmStats.Points;

namespace VmStats.Dumps.Records;

/// <summary>
/// The measurement <c>mem_dumps</c>: the original system's columns with their types, and this module's additional columns. The
/// original's readers find all their columns in this module's rows.
/// </summary>
internal static class MemDumpsTable
{
    public const string Measurement = "mem_dumps";

    // Tags that both of the original's programs write. A table that was created without the tag "host" keeps its tags.
    public const string Dom = "dom";
    public const string VmId = "vmid";
    public const string Host = "host";

    // Fields of the original's script. The original's service doesn't write gzip_size_bytes, but writes ok and raw_size_bytes.
    public const string Sha256 = "sha256";
    public const string Duration = "duration_sec";
    public const string StoredBytes = "gzip_size_bytes";
    public const string ChangeTime = "ctime";
    public const string WriteTime = "mtime";
    public const string AccessTime = "atime";
    public const string Path = "dump_path";
    public const string IsOk = "ok";
    public const string RawBytes = "raw_size_bytes";

    // Columns that only this module writes.
    public const string Uuid = "uuid";
    public const string HypervisorHost = "hypervisor_host";
    public const string DumpId = "dump_id";
    public const string Folder = "dump_folder";
    public const string State = "state";
    public const string StoredSha256 = "stored_sha256";
    public const string HashVerified = "hash_verified";
    public const string Elapsed = "elapsed_sec";
    public const string Pause = "pause_sec";
    public const string Compression = "compression";
    public const string CompressionLevel = "compression_level";
    public const string Format = "format";
    public const string Flags = "flags";
    public const string Operator = "operator";
    public const string Note = "note";
    public const string ToolVersion = "tool_version";
    public const string ErrorId = "error_id";
    public const string Error = "error";
    public const string LedgerHead = "ledger_head";
    public const string IsSimulated = "simulated";

    /// <summary>The fields with their types, for creating the table before its first record.</summary>
    public static IReadOnlyList<(string Name, FieldKind Kind)> FieldKinds { get; } =
    [
        (Sha256, FieldKind.String), (Duration, FieldKind.Float), (StoredBytes, FieldKind.Integer), (ChangeTime, FieldKind.Integer),
        (WriteTime, FieldKind.Integer), (AccessTime, FieldKind.Integer), (Path, FieldKind.String), (IsOk, FieldKind.Boolean),
        (RawBytes, FieldKind.Integer), (Uuid, FieldKind.String), (HypervisorHost, FieldKind.String), (DumpId, FieldKind.String),
        (Folder, FieldKind.String), (State, FieldKind.String), (StoredSha256, FieldKind.String), (HashVerified, FieldKind.Boolean), (Elapsed, FieldKind.Float),
        (Pause, FieldKind.Float), (Compression, FieldKind.String), (CompressionLevel, FieldKind.Integer), (Format, FieldKind.String),
        (Flags, FieldKind.String), (Operator, FieldKind.String), (Note, FieldKind.String), (ToolVersion, FieldKind.String),
        (ErrorId, FieldKind.String), (Error, FieldKind.String), (LedgerHead, FieldKind.String), (IsSimulated, FieldKind.Boolean),
    ];

    private static PointShape? s_shape;

    /// <summary>
    /// The rules for adapting records to an existing table: a table without the host tag isn't given one, and a value that its column
    /// can't hold is left out instead of having the record rejected.
    /// </summary>
    public static ColumnRules Rules { get; } =
        new((schema, _, tag) => tag == Host && !schema.Tags.Contains(Host) ? null : tag, OmitsInvalidValues: true);

    /// <summary>Converts a record to a point with this module's columns.</summary>
    public static Point ToPoint(MemoryDumpRecord record)
    {
        Dictionary<string, FieldValue> fields = Fields(record);
        string?[] tags = [record.Name, record.Id is int id ? Text(id) : record.Name, record.HostName];
        s_shape ??= new PointShape(Measurement, [Dom, VmId, Host], [.. fields.Keys]);
        return new Point(s_shape, UnixTime.ToNanoseconds(record.TimeUtc), tags, [.. fields.Values]);
    }

    private static Dictionary<string, FieldValue> Fields(MemoryDumpRecord record)
    {
        bool isComplete = record.State == MemoryDumpState.Completed;
        FieldValue seconds = record.Duration is TimeSpan time ? FieldValue.From(time.TotalSeconds) : default;
        return new Dictionary<string, FieldValue>(StringComparer.Ordinal)
        {
            [Sha256] = FieldValue.From(record.Sha256),

            // The original averages this column over all rows, so it is left empty for failed attempts.
            [Duration] = isComplete ? seconds : default,
            [Elapsed] = isComplete ? default : seconds,
            [StoredBytes] = FieldValue.From(record.StoredBytes),
            [ChangeTime] = Seconds(record.ChangeTimeUtc),
            [WriteTime] = Seconds(record.LastWriteTimeUtc),
            [AccessTime] = Seconds(record.LastAccessTimeUtc),
            [Path] = FieldValue.From(record.Path),
            [IsOk] = FieldValue.From(isComplete),
            [RawBytes] = FieldValue.From(record.RawBytes),
            [Uuid] = FieldValue.From(record.Uuid?.ToString()),
            [HypervisorHost] = FieldValue.From(record.HostName),
            [DumpId] = FieldValue.From(record.DumpId?.ToString()),
            [Folder] = FieldValue.From(record.Folder),
            [State] = FieldValue.From(Lower(record.State.ToString())),
            [StoredSha256] = FieldValue.From(record.StoredSha256),
            [HashVerified] = record.IsHashVerified == false ? FieldValue.From(false) : default,
            [Pause] = record.PauseTime is TimeSpan pause ? FieldValue.From(pause.TotalSeconds) : default,
            [Compression] = FieldValue.From(record.Compression is MemoryDumpCompression compression ? Lower(compression.ToString()) : null),
            [CompressionLevel] = FieldValue.From((long?)record.CompressionLevel),
            [Format] = FieldValue.From(record.Format),
            [Flags] = FieldValue.From(record.Flags),
            [Operator] = FieldValue.From(record.Operator),
            [Note] = FieldValue.From(record.Note),
            [ToolVersion] = FieldValue.From(record.ToolVersion),
            [ErrorId] = FieldValue.From(record.ErrorId),
            [Error] = FieldValue.From(record.Error),
            [LedgerHead] = FieldValue.From(record.LedgerHead),
            [IsSimulated] = record.IsSimulated ? FieldValue.From(true) : default,
        };
    }

    private static FieldValue Seconds(DateTimeOffset? time) => FieldValue.From(time?.ToUnixTimeSeconds());

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Lower(string text) => text.ToLowerInvariant();
}
