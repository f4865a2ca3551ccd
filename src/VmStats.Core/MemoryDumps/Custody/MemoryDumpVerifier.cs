using System.Diagnostics;
using VmStats.Configuration;
using VmStats.Stores;

namespace VmStats.MemoryDumps;

/// <summary>
/// Reads a dump again and compares it with all that is told of it: its manifest, the folder's ledger, and, where there is
/// a store, the records there. The folder's owner can make the first three agree on a lie; the store then tells. The
/// records are read once for all dumps that are verified, one after the other.
/// </summary>
/// <param name="infrastructure">Gives the Zstandard decompressor.</param>
/// <param name="store">Has the records; null to do without.</param>
internal sealed class MemoryDumpVerifier(IInfrastructure infrastructure, ITelemetryStore? store)
{
    private StoreCheck? _storeCheck;

    /// <summary>Verifies a dump and notes the outcome in the ledger.</summary>
    /// <param name="path">The dump.</param>
    /// <param name="progress">Told the stored bytes read so far.</param>
    /// <param name="cancellationToken">Ends it; nothing is noted then.</param>
    /// <exception cref="VmStatsException"><c>DumpNotFound</c>, <c>DumpUnreadable</c>, or the store's failure.</exception>
    public async Task<MemoryDumpVerification> VerifyAsync(string path, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        string dump = DumpCustody.Find(path);
        List<MemoryDumpFinding> findings = [];
        DumpManifest? manifest = ReadManifest(dump, findings);
        ImageScan scan = await ScanAsync(dump, progress, cancellationToken).ConfigureAwait(false);
        CompareImage(scan, manifest, findings);

        // The store before the ledger: a dump that ends meanwhile must not look like one whose line is gone.
        StoreCheck? storeCheck = await AskStoreAsync(dump, manifest, cancellationToken).ConfigureAwait(false);
        Ledger ledger = DumpCustody.LedgerOf(dump);
        LedgerReading reading = ledger.Read();
        LedgerCheck.Compare(reading, dump, manifest, scan, findings);
        int? records = storeCheck?.Compare(reading, dump, manifest, scan, findings);

        MemoryDumpVerification result = new()
        {
            Path = dump,
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
        await NoteAsync(ledger, dump, manifest, result, findings, cancellationToken).ConfigureAwait(false);
        return result;
    }

    // Again for a dump that isn't among the records: it may have been taken since they were read.
    private async Task<StoreCheck?> AskStoreAsync(string dump, DumpManifest? manifest, CancellationToken cancellationToken)
    {
        if (store is not null && _storeCheck?.Knows(dump, manifest) != true)
        {
            _storeCheck = await StoreCheck.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        }

        return _storeCheck;
    }

    private async Task<ImageScan> ScanAsync(string dump, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return await DumpImage.ScanAsync(dump, infrastructure, null, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmStatsException(
                "DumpUnreadable",
                e is UnauthorizedAccessException ? VmStatsErrorKind.PermissionDenied : VmStatsErrorKind.Unavailable,
                $"The dump '{dump}' can't be read: {e.Message}",
                "Run as the user that took it, or check the disk.",
                dump,
                e);
        }
    }

    private static DumpManifest? ReadManifest(string dump, List<MemoryDumpFinding> findings)
    {
        try
        {
            DumpManifest manifest = DumpManifest.Read(dump);
            if (manifest.File != Path.GetFileName(dump))
            {
                findings.Error("ManifestOfAnotherFile", $"The manifest is of '{manifest.File}'.");
            }

            return manifest;
        }
        catch (VmStatsException e)
        {
            findings.Error(e.ErrorId == "DumpManifestMissing" ? "ManifestMissing" : "ManifestDamaged", e.Message);
            return null;
        }
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

    private static async Task NoteAsync(
        Ledger ledger, string dump, DumpManifest? manifest, MemoryDumpVerification result, List<MemoryDumpFinding> findings, CancellationToken cancellationToken)
    {
        LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Verify, dump, manifest, null) with
        {
            Sha256 = result.Sha256,
            StoredSha256 = result.StoredSha256,
            IsOk = result.IsValid,
            Detail = findings.Count == 0 ? null : string.Join(',', findings.Select(finding => finding.Id).Distinct()),
        };
        try
        {
            await ledger.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Warn("LedgerNotWritable", $"The verification could not be noted in the ledger: {e.Message}");
        }
    }
}
