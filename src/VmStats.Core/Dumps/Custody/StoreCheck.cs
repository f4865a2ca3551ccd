using VmStats.Dumps.Image;
using VmStats.Dumps.Records;
using VmStats.Stores;

namespace VmStats.Dumps.Custody;

/// <summary>
/// Compares a dump and its folder's ledger with the records in a store. If a ledger was truncated or rewritten, lines are missing
/// whose hashes are in the store.
/// </summary>
internal sealed class StoreCheck
{
    private readonly string _store;
    private readonly IReadOnlyList<MemoryDumpRecord> _records;

    private StoreCheck(string store, IReadOnlyList<MemoryDumpRecord> records) => (_store, _records) = (store, records);

    /// <summary>Reads all dump records of a store.</summary>
    public static async Task<StoreCheck> ReadAsync(ITelemetryStore store, CancellationToken cancellationToken)
    {
        List<MemoryDumpRecord> records = [];
        await foreach (MemoryDumpRecord record in new MemoryDumpRecords(store).ReadAsync(new MemoryDumpFilter(), cancellationToken).ConfigureAwait(false))
        {
            records.Add(record);
        }

        return new StoreCheck(store.Info.Address, records);
    }

    /// <summary>True if there is a record of this dump.</summary>
    public bool Knows(string dump, DumpManifest? manifest) => _records.Any(record => IsOfDump(record, dump, manifest));

    /// <summary>Compares a dump and its ledger with the records.</summary>
    /// <param name="reading">The folder's ledger; null if it could not be read.</param>
    /// <param name="dump">The dump's full path.</param>
    /// <param name="manifest">The dump's manifest; null if there is none.</param>
    /// <param name="scan">The result of scanning the dump's file.</param>
    /// <param name="findings">The list to which differences are added.</param>
    /// <returns>The number of records of this dump in the store.</returns>
    public int Compare(LedgerReading? reading, string dump, DumpManifest? manifest, ImageScan scan, List<MemoryDumpFinding> findings)
    {
        HashSet<string>? hashes = reading?.Lines.Select(line => line.Hash).ToHashSet(StringComparer.Ordinal);
        string folder = Path.GetDirectoryName(dump)!;
        int count = 0, lost = 0;
        foreach (MemoryDumpRecord record in _records)
        {
            if (IsOfFolder(record, folder, manifest) && record.LedgerHead is string head && hashes?.Contains(head) == false)
            {
                lost++;
            }

            if (IsOfDump(record, dump, manifest))
            {
                count++;
                CompareRecord(record, scan, findings);
            }
        }

        if (lost > 0)
        {
            findings.Error("LedgerCutOrRewritten", $"The ledger lacks {lost} line(s) whose hashes are in the store: it was truncated or rewritten.");
        }

        if (count == 0)
        {
            findings.Warn("NotInStore", $"The store '{_store}' has no record of this dump.");
        }

        return count;
    }

    private static bool IsOfDump(MemoryDumpRecord record, string dump, DumpManifest? manifest) =>
        manifest is not null && record.DumpId is Guid id ? id == manifest.DumpId : record.Path == dump;

    // The same path on two hosts means two different folders.
    private static bool IsOfFolder(MemoryDumpRecord record, string folder, DumpManifest? manifest) =>
        (record.Folder ?? Path.GetDirectoryName(record.Path)) == folder
        && (manifest is null || record.HostName == manifest.HostName);

    private static void CompareRecord(MemoryDumpRecord record, ImageScan scan, List<MemoryDumpFinding> findings)
    {
        if (record.Sha256 is not null && scan.Sha256 is not null)
        {
            findings.Differs("StoreHashDiffers", "The raw image's SHA-256", record.Sha256, scan.Sha256);
        }

        if (record.StoredSha256 is not null)
        {
            findings.Differs("StoreStoredHashDiffers", "The file's SHA-256", record.StoredSha256, scan.StoredSha256);
        }
    }
}
