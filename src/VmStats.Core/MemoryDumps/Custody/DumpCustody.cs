namespace VmStats.MemoryDumps;

/// <summary>Ledger entries about a dump that lies in a folder already.</summary>
internal static class DumpCustody
{
    /// <summary>An entry; the ledger fills in its place in the chain.</summary>
    public static LedgerEntry Entry(LedgerEvent what, string path, DumpManifest? manifest, string? @operator) => new()
    {
        Sequence = 0,
        Previous = "",
        Time = DateTimeOffset.UtcNow,
        Event = what,
        File = Path.GetFileName(path),
        DumpId = manifest?.DumpId,
        Name = manifest?.Name,
        Uuid = manifest?.Uuid,
        Sha256 = manifest?.Sha256,
        StoredSha256 = manifest?.StoredSha256,
        Operator = @operator ?? Environment.UserName,
        Host = Environment.MachineName,
    };

    /// <summary>The ledger of the folder that a dump lies in.</summary>
    public static Ledger LedgerOf(string dump) => new(Path.GetDirectoryName(Path.GetFullPath(dump))!);

    /// <summary>The full path of a dump that exists.</summary>
    /// <exception cref="VmStatsException"><c>DumpNotFound</c>.</exception>
    public static string Find(string path)
    {
        string full = Path.GetFullPath(path);
        return File.Exists(full) ? full : throw DumpErrors.NotFound(full);
    }

    /// <summary>The manifest, or null where there is none.</summary>
    public static DumpManifest? TryReadManifest(string dump)
    {
        try
        {
            return DumpManifest.Read(dump);
        }
        catch (VmStatsException e) when (e.ErrorId == "DumpManifestMissing")
        {
            return null;
        }
    }
}
