using VmStats.Dumps.Capture;
using VmStats.Dumps.Custody;
using VmStats.IO;

namespace VmStats.Dumps.Retention;

/// <summary>Lists the dumps of a folder from their manifests, with holds and verifications from the ledger.</summary>
internal static class DumpCatalogue
{
    /// <summary>All dumps that have a manifest, newest first. A manifest that has no dump or can't be read is skipped.</summary>
    /// <exception cref="VmStatsException">The folder, or its ledger, can't be read.</exception>
    public static IReadOnlyList<MemoryDumpFile> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        using PinnedFolder dumps = DumpFolder.Open(folder, FolderUse.Read);
        return Read(dumps);
    }

    /// <inheritdoc cref="Read(string)"/>
    public static IReadOnlyList<MemoryDumpFile> Read(PinnedFolder folder)
    {
        try
        {
            ILookup<string?, LedgerEntry> history = new Ledger(folder).Read().Lines.Select(line => line.Entry).ToLookup(entry => entry.File);
            return folder.Names("*" + DumpManifest.Suffix)
                .Select(name => TryDescribe(folder, name[..^DumpManifest.Suffix.Length], history))
                .OfType<MemoryDumpFile>()
                .OrderByDescending(dump => dump.TimeUtc)
                .ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FolderUnusable(folder.FullPath, e);
        }
    }

    private static MemoryDumpFile? TryDescribe(PinnedFolder folder, string name, ILookup<string?, LedgerEntry> history)
    {
        try
        {
            if (folder.Find(name) is not { IsRegular: true } file)
            {
                return null;
            }

            DumpManifest manifest = DumpManifest.Read(folder, name);
            LedgerEntry[] entries = history[name].ToArray();
            return new MemoryDumpFile
            {
                Path = folder.PathOf(name),
                Name = manifest.Name,
                Uuid = manifest.Uuid,
                DumpId = manifest.DumpId,
                TimeUtc = manifest.Time.UtcDateTime,
                StoredBytes = file.Length,
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
