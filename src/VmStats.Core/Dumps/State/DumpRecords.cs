using System.Reflection;

namespace VmStats.Dumps.State;

/// <summary>Makes a record's common part from a dump's state.</summary>
internal static class DumpRecords
{
    /// <summary>What takes the dumps, with its version.</summary>
    public static string ToolVersion { get; } =
        "VmStats " + (typeof(DumpRecords).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    public static MemoryDumpRecord Of(DumpStateData data, MemoryDumpState ending) => new()
    {
        TimeUtc = data.Time.UtcDateTime,
        Name = data.Name,
        Uuid = data.Uuid,
        Id = data.VmId,
        HostName = data.HostName,
        State = ending,
        DumpId = data.DumpId,
        Folder = data.Folder,
        Compression = data.Compression,
        CompressionLevel = data.CompressionLevel,
        Format = MemoryDumpPaths.NameOf(data.Format),
        Flags = data.Flags,
        Operator = data.Operator,
        Note = data.Note,
        ToolVersion = ToolVersion,
        IsSimulated = data.IsSimulated,
    };
}
