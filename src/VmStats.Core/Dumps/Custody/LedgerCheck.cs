using VmStats.Dumps.Image;

namespace VmStats.Dumps.Custody;

/// <summary>Compares a dump with its folder's ledger.</summary>
internal static class LedgerCheck
{
    public static void Compare(LedgerReading reading, string dump, DumpManifest? manifest, ImageScan scan, List<MemoryDumpFinding> findings)
    {
        findings.AddRange(reading.Findings);
        string file = Path.GetFileName(dump);
        LedgerEntry? capture = reading.Lines.Select(line => line.Entry).LastOrDefault(entry => entry.Event == LedgerEvent.Capture && entry.File == file);
        if (reading.Lines.Count == 0)
        {
            findings.Error("LedgerMissing", "There is no ledger in the dump's folder.");
        }
        else if (capture is null)
        {
            findings.Error("NotInLedger", "The ledger doesn't know of this dump's capture.");
        }
        else
        {
            CompareCapture(capture, manifest, scan, findings);
        }

        if (reading.Lines.Any(line => line.Entry.Event == LedgerEvent.Remove && line.Entry.File == file))
        {
            findings.Error("RemovedInLedger", "The ledger says that this dump was removed.");
        }
    }

    private static void CompareCapture(LedgerEntry capture, DumpManifest? manifest, ImageScan scan, List<MemoryDumpFinding> findings)
    {
        findings.Differs("LedgerHashDiffers", "The file's SHA-256", capture.StoredSha256, scan.StoredSha256);
        if (manifest is not null && capture.ManifestSha256 != manifest.FileSha256)
        {
            findings.Error("ManifestChanged", "The manifest differs from the one whose hash is in the ledger.");
        }

        if (capture.Detail == LedgerEntry.RecoveredDetail)
        {
            findings.Warn("CaptureNotedLate", $"The capture was noted at {capture.Time:u}, by the run after a crash: for the time before, the ledger proves nothing.");
        }
    }
}
