using System.Text;
using VmStats.Dumps.Custody;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>Whatever is changed of a dump, its manifest or its ledger is found and named.</summary>
public sealed class CustodyTests
{
    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd)]
    [InlineData(MemoryDumpCompression.Gzip)]
    [InlineData(MemoryDumpCompression.None)]
    public async Task Nothing_is_found_where_nothing_was_changed(MemoryDumpCompression compression)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(compression);
        MemoryDumpVerification result = await lab.VerifyAsync(dump.Path!);
        Assert.Empty(result.Findings);
        Assert.True(result.IsValid);
        Assert.Equal((dump.Sha256, dump.StoredSha256, dump.RawBytes, dump.StoredBytes), (result.Sha256, result.StoredSha256, result.RawBytes, result.StoredBytes));
        Assert.Equal((dump.Name, dump.Uuid, 1), (result.Name, result.Uuid, result.StoreRecordCount));

        // That it was verified stands in the ledger where that is asked for, and the ledger with it is still whole.
        Assert.Equal(LedgerEvent.Capture, lab.Ledger.Read().Last!.Entry.Event);
        Assert.Empty((await lab.VerifyAndRecordAsync(dump.Path!)).Findings);
        LedgerEntry last = lab.Ledger.Read().Last!.Entry;
        Assert.Equal((LedgerEvent.Verify, true, Path.GetFileName(dump.Path), dump.DumpId), (last.Event, last.IsOk, last.File, last.DumpId));
        Assert.Empty(await lab.FindAsync(dump.Path!));
    }

    [SkippableFact]
    public async Task The_records_are_read_once_for_many_dumps_and_again_for_one_that_is_newer()
    {
        await using DumpLab lab = new();
        StoreProxy store = new(lab.Store);
        MemoryDumpVerifier verifier = new(lab.Infrastructure, store);
        MemoryDumpRecord[] dumps = [await lab.TakeAsync(), await lab.TakeAsync(vm: "web02")];
        foreach (MemoryDumpRecord dump in dumps)
        {
            Assert.Empty((await verifier.VerifyAsync(dump.Path!, null, default)).Findings);
        }

        Assert.Equal(1, store.QueryCount);
        MemoryDumpRecord newer = await lab.TakeAsync();
        Assert.Empty((await verifier.VerifyAsync(newer.Path!, null, default)).Findings);
        Assert.Equal(2, store.QueryCount);
    }

    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd)]
    [InlineData(MemoryDumpCompression.Gzip)]
    [InlineData(MemoryDumpCompression.None)]
    public async Task One_flipped_bit_of_the_file_is_found_against_manifest_ledger_and_store(MemoryDumpCompression compression)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(compression);
        DumpLab.Tamper(dump.Path!, bytes =>
        {
            bytes[bytes.Length / 2] ^= 1;
            return bytes;
        });
        MemoryDumpVerification result = await lab.VerifyAndRecordAsync(dump.Path!);
        string[] found = [.. result.Findings.Select(finding => finding.Id)];
        Assert.False(result.IsValid);
        Assert.Superset(new HashSet<string> { "StoredHashDiffers", "LedgerHashDiffers", "StoreStoredHashDiffers" }, found.ToHashSet());

        // What the bit did to the image depends on where it fell; that it did something is always said.
        Assert.Contains(found, id => id is "ImageDamaged" or "RawHashDiffers");
        Assert.False(lab.Ledger.Read().Last!.Entry.IsOk);

        // As text, such as in a cell of a CSV file.
        Assert.Equal(string.Join("; ", result.Findings.Select(finding => $"{finding.Id}: {finding.Message}")), $"{result.Findings}");
    }

    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd)]
    [InlineData(MemoryDumpCompression.Gzip)]
    [InlineData(MemoryDumpCompression.None)]
    public async Task A_file_that_was_cut_is_found(MemoryDumpCompression compression)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(compression);
        DumpLab.Tamper(dump.Path!, bytes => bytes[..(bytes.Length - 100_000)]);
        string[] found = await lab.FindAsync(dump.Path!);
        Assert.Contains("StoredSizeDiffers", found);
        Assert.Contains("StoredHashDiffers", found);
        Assert.Contains(found, id => id is "ImageDamaged" or "ElfCutOff");
    }

    [SkippableFact]
    public async Task A_file_that_something_was_added_to_is_found()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(MemoryDumpCompression.Gzip);
        DumpLab.Tamper(dump.Path!, bytes => [.. bytes, 0]);
        string[] found = await lab.FindAsync(dump.Path!);
        Assert.Contains("StoredSizeDiffers", found);
        Assert.Contains("StoredHashDiffers", found);
    }

    [SkippableFact]
    public async Task A_manifest_that_was_edited_to_fit_another_file_is_found_by_the_ledger_and_the_store()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(MemoryDumpCompression.None);
        DumpLab.Tamper(dump.Path!, bytes =>
        {
            bytes[bytes.Length / 2] ^= 1;
            return bytes;
        });
        string forged = LedgerLine.HashOf(await File.ReadAllBytesAsync(dump.Path!));
        DumpLab.Tamper(
            DumpManifest.PathFor(dump.Path!),
            json => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace(dump.Sha256!, forged, StringComparison.Ordinal)));
        Assert.Equal(["LedgerHashDiffers", "ManifestChanged", "StoreHashDiffers", "StoreStoredHashDiffers"], await lab.FindAsync(dump.Path!));
    }

    [SkippableFact]
    public async Task A_note_that_was_edited_in_the_manifest_is_found()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        DumpLab.Tamper(
            DumpManifest.PathFor(dump.Path!),
            json => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("\"operator\": \"", "\"operator\": \"not-", StringComparison.Ordinal)));
        Assert.Equal(["ManifestChanged"], await lab.FindAsync(dump.Path!));
    }

    [SkippableFact]
    public async Task A_manifest_that_is_gone_damaged_or_another_dumps_is_named()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync();
        MemoryDumpRecord other = await lab.TakeAsync();
        string manifest = DumpManifest.PathFor(one.Path!);
        byte[] good = await File.ReadAllBytesAsync(manifest);

        DumpLab.Tamper(manifest, _ => File.ReadAllBytes(DumpManifest.PathFor(other.Path!)));
        Assert.Contains("ManifestOfAnotherFile", await lab.FindAsync(one.Path!));

        DumpLab.Tamper(manifest, _ => good[..(good.Length / 2)]);
        Assert.Contains("ManifestDamaged", await lab.FindAsync(one.Path!));

        File.Delete(manifest);
        Assert.Contains("ManifestMissing", await lab.FindAsync(one.Path!));
        Assert.Empty((await lab.FindAsync(other.Path!)));
    }

    [SkippableFact]
    public async Task A_dump_that_was_renamed_over_another_is_found()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync();
        MemoryDumpRecord other = await lab.TakeAsync(vm: "web02");
        File.Move(other.Path!, one.Path!, overwrite: true);
        string[] found = await lab.FindAsync(one.Path!);
        Assert.Superset(new HashSet<string> { "StoredHashDiffers", "RawHashDiffers", "LedgerHashDiffers", "StoreHashDiffers" }, found.ToHashSet());
    }

    [SkippableFact]
    public async Task What_is_no_dump_at_all_is_named()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string stray = Path.Combine(lab.Folder, "stray.elf");
        await File.WriteAllTextAsync(stray, "not a core");
        Assert.Equal(["ManifestMissing", "NotElf", "NotInLedger", "NotInStore"], await lab.FindAsync(stray));

        string elsewhere = Path.Combine(Directory.CreateDirectory(Path.Combine(lab.Root, "elsewhere")).FullName, Path.GetFileName(dump.Path!));
        File.Copy(dump.Path!, elsewhere);
        File.Copy(DumpManifest.PathFor(dump.Path!), DumpManifest.PathFor(elsewhere));
        Assert.Equal(["LedgerMissing"], await lab.FindAsync(elsewhere));

        VmStatsException absent = await Assert.ThrowsAsync<VmStatsException>(() => lab.VerifyAsync(Path.Combine(lab.Folder, "nosuch")));
        Assert.Equal(("DumpNotFound", VmStatsErrorKind.NotFound), (absent.ErrorId, absent.Kind));
    }
}
