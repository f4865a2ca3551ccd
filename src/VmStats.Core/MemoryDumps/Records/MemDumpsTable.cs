using VmStats.Data;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>
/// The measurement <c>mem_dumps</c>: the original's columns, with their types, and ours beside them. The original's
/// readers find in our rows what they look for.
/// </summary>
internal static class MemDumpsTable
{
    public const string Measurement = "mem_dumps";

    // Tags of both of the original's writers. A table that was made without "host" keeps its tags.
    public const string Dom = "dom";
    public const string VmId = "vmid";
    public const string Host = "host";

    // Fields of the original's script; its service lacks gzip_size_bytes and has the next two.
    public const string Sha256 = "sha256";
    public const string Duration = "duration_sec";
    public const string StoredBytes = "gzip_size_bytes";
    public const string ChangeTime = "ctime";
    public const string WriteTime = "mtime";
    public const string AccessTime = "atime";
    public const string Path = "dump_path";
    public const string IsOk = "ok";
    public const string RawBytes = "raw_size_bytes";

    // Ours.
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

    /// <summary>The fields with their types, for a table that is made before its first record.</summary>
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

    /// <summary>A record as a point that a store with this schema takes.</summary>
    /// <param name="record">The record.</param>
    /// <param name="schema">The table as it is; null when there is none yet.</param>
    public static Point ToPoint(MemoryDumpRecord record, MeasurementSchema? schema)
    {
        List<string> tags = [Dom, VmId];
        List<string?> tagValues = [record.Name, record.Id is int id ? Text(id) : record.Name];
        if (schema is null || schema.Tags.Contains(Host))
        {
            tags.Add(Host);
            tagValues.Add(record.HostName);
        }

        // Whatever a table has as a tag goes there, and not into a field of the same name.
        Dictionary<string, FieldValue> fields = Fields(record);
        foreach (string tag in schema?.Tags ?? [])
        {
            if (fields.Remove(tag, out FieldValue value))
            {
                tags.Add(tag);
                tagValues.Add(value.IsNull ? null : value.ToString());
            }
        }

        string[] names = [.. fields.Keys];
        FieldValue[] values = Array.ConvertAll(names, name => Convert(fields[name], schema, name));
        return new Point(new PointShape(Measurement, tags, names), UnixTime.ToNanoseconds(record.TimeUtc), [.. tagValues], values);
    }

    private static Dictionary<string, FieldValue> Fields(MemoryDumpRecord record)
    {
        bool isComplete = record.State == MemoryDumpState.Completed;
        FieldValue seconds = record.Duration is TimeSpan time ? FieldValue.From(time.TotalSeconds) : default;
        return new Dictionary<string, FieldValue>(StringComparer.Ordinal)
        {
            [Sha256] = FieldValue.From(record.Sha256),

            // The original averages this column over all rows: attempts that failed keep out of it.
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

    // A column keeps the type that its first writer gave it; a value that can't be told in that type is left out.
    private static FieldValue Convert(FieldValue value, MeasurementSchema? schema, string name)
    {
        if (value.IsNull || schema is null || !schema.Fields.TryGetValue(name, out FieldKind kind) || kind == value.Kind)
        {
            return value;
        }

        return kind switch
        {
            FieldKind.Float => value.AsDouble() is double number ? FieldValue.From(number) : default,
            FieldKind.Integer => value.Kind == FieldKind.Float
                ? FieldValue.From((long)Math.Round(value.AsDouble()!.Value))
                : FieldValue.From(value.AsInt64()),
            FieldKind.Unsigned => value.AsInt64() is >= 0 and long whole ? FieldValue.From((ulong)whole) : default,
            FieldKind.Boolean => value.AsBoolean() is bool truth ? FieldValue.From(truth) : default,
            FieldKind.String => FieldValue.From(value.ToString()),
            _ => default,
        };
    }

    private static FieldValue Seconds(DateTimeOffset? time) => FieldValue.From(time?.ToUnixTimeSeconds());

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Lower(string text) => text.ToLowerInvariant();
}
