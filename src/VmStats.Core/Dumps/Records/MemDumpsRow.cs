using System.Globalization;
using VmStats.Points;

namespace VmStats.Dumps.Records;

/// <summary>Reads rows of <c>mem_dumps</c>, whichever program wrote them; columns that a program doesn't write are absent.</summary>
internal static class MemDumpsRow
{
    /// <summary>Converts a row to a record.</summary>
    public static MemoryDumpRecord ToRecord(StoreRow row)
    {
        string? vmId = Text(row, MemDumpsTable.VmId);
        MemoryDumpState state = StateOf(row);
        return new MemoryDumpRecord
        {
            TimeUtc = UnixTime.FromNanoseconds(row.Time ?? 0).UtcDateTime,
            Name = Text(row, MemDumpsTable.Dom) ?? vmId ?? "",
            Uuid = Guid.TryParse(Text(row, MemDumpsTable.Uuid), out Guid uuid) ? uuid : null,
            Id = int.TryParse(vmId, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null,
            HostName = Text(row, MemDumpsTable.Host) ?? Text(row, MemDumpsTable.HypervisorHost),
            State = state,
            DumpId = Guid.TryParse(Text(row, MemDumpsTable.DumpId), out Guid dump) ? dump : null,
            Path = Text(row, MemDumpsTable.Path),
            Folder = Text(row, MemDumpsTable.Folder),
            Sha256 = Text(row, MemDumpsTable.Sha256),
            StoredSha256 = Text(row, MemDumpsTable.StoredSha256),
            IsHashVerified = row[MemDumpsTable.HashVerified].AsBoolean() ?? !IsOfService(row),
            RawBytes = Whole(row, MemDumpsTable.RawBytes),

            // The original's service doesn't compress: it stores the raw image.
            StoredBytes = Whole(row, MemDumpsTable.StoredBytes) ?? Whole(row, MemDumpsTable.RawBytes),
            Duration = Span(row, MemDumpsTable.Duration) ?? Span(row, MemDumpsTable.Elapsed),
            PauseTime = Span(row, MemDumpsTable.Pause),
            Compression = CompressionOf(row),
            CompressionLevel = (int?)Whole(row, MemDumpsTable.CompressionLevel),
            Format = Text(row, MemDumpsTable.Format),
            Flags = Text(row, MemDumpsTable.Flags),
            Operator = Text(row, MemDumpsTable.Operator),
            Note = Text(row, MemDumpsTable.Note),
            ToolVersion = Text(row, MemDumpsTable.ToolVersion),
            ErrorId = Text(row, MemDumpsTable.ErrorId),
            Error = Text(row, MemDumpsTable.Error),
            LedgerHead = Text(row, MemDumpsTable.LedgerHead),
            IsSimulated = row[MemDumpsTable.IsSimulated].AsBoolean() ?? false,
            ChangeTimeUtc = Moment(row, MemDumpsTable.ChangeTime),
            LastWriteTimeUtc = Moment(row, MemDumpsTable.WriteTime),
            LastAccessTimeUtc = Moment(row, MemDumpsTable.AccessTime),
        };
    }

    // Only the original's service writes a raw size without a stored size.
    private static bool IsOfService(StoreRow row) =>
        row[MemDumpsTable.ToolVersion].IsNull && row[MemDumpsTable.StoredBytes].IsNull && !row[MemDumpsTable.RawBytes].IsNull;

    private static MemoryDumpState StateOf(StoreRow row) =>
        Enum.TryParse(Text(row, MemDumpsTable.State), ignoreCase: true, out MemoryDumpState state) && Enum.IsDefined(state) ? state
        : row[MemDumpsTable.IsOk].AsBoolean() == false ? MemoryDumpState.Failed
        : MemoryDumpState.Completed;

    private static MemoryDumpCompression? CompressionOf(StoreRow row) =>
        Enum.TryParse(Text(row, MemDumpsTable.Compression), ignoreCase: true, out MemoryDumpCompression compression) ? compression
        : row[MemDumpsTable.StoredBytes].IsNull ? null
        : MemoryDumpCompression.Gzip;

    private static string? Text(StoreRow row, string column) => row[column].ToText();

    // Some programs write all numbers as floats, even numbers of bytes.
    private static long? Whole(StoreRow row, string column) => FieldConverter.Nearest(row[column], FieldKind.Integer).AsInt64();

    private static TimeSpan? Span(StoreRow row, string column) =>
        Duration.OfSeconds(row[column].AsDouble());

    private static DateTime? Moment(StoreRow row, string column) =>
        Whole(row, column) is long seconds and > 0 and < 253_402_300_800 ? DateTime.UnixEpoch.AddSeconds(seconds) : null;
}
