using System.Diagnostics;
using VmStats.Dumps.Image;
using VmStats.Errors;
using VmStats.IO;
using VmStats.Stores;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Custody;

/// <summary>
/// Reads a dump again and compares it with its manifest, with the folder's ledger and, if there is a store, with the records
/// there. The folder's owner can forge dump, manifest and ledger consistently; only the store's records reveal that. The
/// records are read once for all dumps that are verified one after the other.
/// </summary>
/// <param name="infrastructure">Provides the Zstandard decompressor.</param>
/// <param name="store">The store with the records; null to verify without them.</param>
internal sealed class MemoryDumpVerifier(IInfrastructure infrastructure, ITelemetryStore? store)
{
    private StoreCheck? _storeCheck;

    /// <summary>Verifies a dump. Nothing is written or created in its folder.</summary>
    /// <param name="path">The dump's path.</param>
    /// <param name="progress">Receives the number of stored bytes read so far.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    /// <exception cref="VmStatsException"><c>DumpNotFound</c>, <c>DumpFileUnsafe</c>, <c>DumpUnreadable</c>, or the store's failure.</exception>
    public async Task<MemoryDumpVerification> VerifyAsync(string path, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using StoredDump dump = StoredDump.Open(path, FolderUse.Read);
        return (await CompareAsync(dump, progress, cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <summary>Verifies a dump and records the result in the ledger.</summary>
    /// <param name="path">The dump's path.</param>
    /// <param name="progress">Receives the number of stored bytes read so far.</param>
    /// <param name="cancellationToken">Cancels the verification; nothing is recorded then.</param>
    /// <exception cref="VmStatsException">As for <see cref="VerifyAsync"/>; or the folder can't be used for writing.</exception>
    public async Task<MemoryDumpVerification> VerifyAndRecordAsync(string path, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using StoredDump dump = StoredDump.Open(path, FolderUse.Write);
        (MemoryDumpVerification result, DumpManifest? manifest) = await CompareAsync(dump, progress, cancellationToken).ConfigureAwait(false);
        return await NoteAsync(dump, manifest, result, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(MemoryDumpVerification Result, DumpManifest? Manifest)> CompareAsync(
        StoredDump dump, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        List<MemoryDumpFinding> findings = [];
        DumpManifest? manifest = ReadManifest(dump, findings);
        ImageScan scan = await ScanAsync(dump, progress, cancellationToken).ConfigureAwait(false);
        CompareImage(scan, manifest, findings);

        // The store is read before the ledger: otherwise a dump that ends in between would look as if its ledger line had been removed.
        StoreCheck? storeCheck = await AskStoreAsync(dump.FullPath, manifest, cancellationToken).ConfigureAwait(false);
        LedgerReading? reading = ReadLedger(dump, findings);
        if (reading is not null)
        {
            LedgerCheck.Compare(reading, dump.Name, manifest, scan, findings);
        }

        int? records = storeCheck?.Compare(reading, dump.FullPath, manifest, scan, findings);
        MemoryDumpVerification result = new()
        {
            Path = dump.FullPath,
            Name = manifest?.Name,
            Uuid = manifest?.Uuid,
            Findings = findings,
            Sha256 = scan.Sha256,
            StoredSha256 = scan.StoredSha256,
            RawBytes = scan.Sha256 is null ? null : scan.RawBytes,
            StoredBytes = scan.StoredBytes,
            StoreRecordCount = records,
            Elapsed = Stopwatch.GetElapsedTime(started),
        };
        return (result, manifest);
    }

    // The records are read again if they don't include this dump: it may have been taken since.
    private async Task<StoreCheck?> AskStoreAsync(string dump, DumpManifest? manifest, CancellationToken cancellationToken)
    {
        if (store is not null && _storeCheck?.Knows(dump, manifest) != true)
        {
            _storeCheck = await StoreCheck.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        }

        return _storeCheck;
    }

    private async Task<ImageScan> ScanAsync(StoredDump dump, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using FileStream file = dump.OpenFile();
        try
        {
            return await DumpImage.ScanAsync(file, infrastructure, null, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw DumpErrors.Unreadable(dump.FullPath, e);
        }
    }

    private static DumpManifest? ReadManifest(StoredDump dump, List<MemoryDumpFinding> findings)
    {
        try
        {
            DumpManifest manifest = DumpManifest.Read(dump.Folder, dump.Name);
            if (manifest.File != dump.Name)
            {
                findings.Error("ManifestOfAnotherFile", $"The manifest is of '{manifest.File}'.");
            }

            return manifest;
        }
        catch (VmStatsException e)
        {
            findings.Error(e.ErrorId switch { ErrorIds.DumpManifestMissing => "ManifestMissing", ErrorIds.DumpFileUnsafe => "ManifestUnsafe", _ => "ManifestDamaged" }, e.Message);
            return null;
        }
    }

    private static LedgerReading? ReadLedger(StoredDump dump, List<MemoryDumpFinding> findings)
    {
        try
        {
            return dump.Ledger.Read();
        }
        catch (UnsafePathException e)
        {
            findings.Error("LedgerUnsafe", $"In the ledger's place is something else, which was not opened: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Error("LedgerUnreadable", $"The ledger can't be read: {e.Message}");
        }

        return null;
    }

    private static void CompareImage(ImageScan scan, DumpManifest? manifest, List<MemoryDumpFinding> findings)
    {
        if (scan.Damage is string damage)
        {
            findings.Error("ImageDamaged", $"The image can't be expanded to its end: {damage}");
        }

        if (manifest is not null)
        {
            findings.Differs("StoredSizeDiffers", "The file's length", manifest.StoredBytes, scan.StoredBytes);
            findings.Differs("StoredHashDiffers", "The file's SHA-256", manifest.StoredSha256, scan.StoredSha256);
            if (scan.Sha256 is not null)
            {
                findings.Differs("RawSizeDiffers", "The raw image's length", manifest.RawBytes, scan.RawBytes);
                findings.Differs("RawHashDiffers", "The raw image's SHA-256", manifest.Sha256, scan.Sha256);
            }
        }

        if (manifest?.Format is null or "elf")
        {
            CompareElf(scan, manifest, findings);
        }
    }

    private static void CompareElf(ImageScan scan, DumpManifest? manifest, List<MemoryDumpFinding> findings)
    {
        if (scan.Layout is not ElfLayout layout)
        {
            findings.Error("NotElf", "The image is not an ELF core.");
            return;
        }

        if (scan.CutOff is string lack)
        {
            findings.Error("ElfCutOff", lack);
        }

        if (manifest is not null && layout.MemoryBytes < manifest.GuestMemoryBytes)
        {
            findings.Error("MemoryNotCovered", $"The segments hold {layout.MemoryBytes} bytes of memory, the guest had {manifest.GuestMemoryBytes}.");
        }
    }

    private static async Task<MemoryDumpVerification> NoteAsync(
        StoredDump dump, DumpManifest? manifest, MemoryDumpVerification result, CancellationToken cancellationToken)
    {
        LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Verify, dump.Name, manifest, null) with
        {
            Sha256 = result.Sha256,
            StoredSha256 = result.StoredSha256,
            IsOk = result.IsValid,
            Detail = result.Findings.Count == 0 ? null : string.Join(',', result.Findings.Select(finding => finding.Id).Distinct()),
        };
        try
        {
            await dump.Ledger.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            List<MemoryDumpFinding> findings = [.. result.Findings];
            findings.Warn("LedgerNotWritable", $"The verification could not be noted in the ledger: {e.Message}");
            return result with { Findings = findings };
        }
    }
}
