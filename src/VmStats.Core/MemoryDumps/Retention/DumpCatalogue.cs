namespace VmStats.MemoryDumps;

/// <summary>The dumps of a folder, by their manifests; what holds and verifications say, by the ledger.</summary>
internal static class DumpCatalogue
{
    /// <summary>All dumps that have a manifest, newest first. A manifest without its dump, or that can't be read, is passed over.</summary>
    public static IReadOnlyList<MemoryDumpFile> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        ILookup<string?, LedgerEntry> history = new Ledger(folder).Read().Lines.Select(line => line.Entry).ToLookup(entry => entry.File);
        return Directory.EnumerateFiles(folder, "*" + DumpManifest.Suffix)
            .Select(path => path[..^DumpManifest.Suffix.Length])
            .Where(File.Exists)
            .Select(path => TryDescribe(path, history))
            .OfType<MemoryDumpFile>()
            .OrderByDescending(dump => dump.Time)
            .ToArray();
    }

    private static MemoryDumpFile? TryDescribe(string path, ILookup<string?, LedgerEntry> history)
    {
        try
        {
            DumpManifest manifest = DumpManifest.Read(path);
            LedgerEntry[] entries = history[Path.GetFileName(path)].ToArray();
            return new MemoryDumpFile
            {
                Path = Path.GetFullPath(path),
                Name = manifest.Name,
                Uuid = manifest.Uuid,
                DumpId = manifest.DumpId,
                Time = manifest.Time,
                StoredBytes = new FileInfo(path).Length,
                RawBytes = manifest.RawBytes,
                Sha256 = manifest.Sha256,
                IsHeld = entries.LastOrDefault(entry => entry.Event is LedgerEvent.Hold or LedgerEvent.Release)?.Event == LedgerEvent.Hold,
                IsVerified = entries.LastOrDefault(entry => entry.Event == LedgerEvent.Verify)?.IsOk == true,
            };
        }
        catch (VmStatsException)
        {
            return null;
        }
    }
}
