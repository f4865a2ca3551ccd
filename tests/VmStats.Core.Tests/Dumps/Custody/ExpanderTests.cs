using System.Security.Cryptography;
using VmStats.Dumps.Custody;
using VmStats.Dumps.Image;
using VmStats.Fixtures.Libvirt;

namespace VmStats.Core.Tests.Dumps.Custody;

/// <summary>Expanding gives back what was dumped, or nothing.</summary>
public sealed class ExpanderTests
{
    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd)]
    [InlineData(MemoryDumpCompression.Gzip)]
    [InlineData(MemoryDumpCompression.None)]
    public async Task The_elf_core_comes_back_sparse_private_and_noted(MemoryDumpCompression compression)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(compression);
        string target = Path.Combine(lab.Root, "x.elf");
        MemoryDumpExpansion done = await ExpandAsync(lab, dump.Path!, target);
        Assert.Equal((target, dump.Path, dump.Sha256, true, dump.RawBytes), (done.Path, done.SourcePath, done.Sha256, done.IsVerified, done.Bytes));
        Assert.Equal(dump.Sha256, await HashAsync(target));
        Assert.Equal(dump.RawBytes, new FileInfo(target).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));

        // Not quite half of a simulated VM's memory is zeros; what of it comes in runs becomes holes.
        Assert.True(await BlocksAsync(target) < dump.RawBytes * 9 / 10, "the file is not sparse");
        LedgerEntry last = lab.Ledger.Read().Last!.Entry;
        Assert.Equal((LedgerEvent.Expand, $"Elf: {target}"), (last.Event, last.Detail));
        Assert.Empty(await lab.FindAsync(dump.Path!));
    }

    [SkippableFact]
    public async Task Raw_memory_has_each_byte_at_its_physical_address()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string elf = (await ExpandAsync(lab, dump.Path!, null)).Path;
        MemoryDumpExpansion raw = await lab.Expander.ExpandAsync(dump.Path!, null, MemoryDumpImageKind.Raw, overwrite: false, null, default);
        Assert.Equal(dump.Path![..^".zst".Length], elf);
        Assert.Equal(Path.ChangeExtension(elf, ".raw"), raw.Path);
        Assert.Equal(dump.Sha256, raw.Sha256);

        byte[] core = await File.ReadAllBytesAsync(elf);
        ElfLayout layout = ElfLayout.TryParse(core)!;
        Assert.Equal(2, layout.Segments.Count);
        Assert.Equal(layout.Segments.Max(segment => segment.PhysicalAddress + segment.FileBytes), new FileInfo(raw.Path).Length);
        using FileStream memory = File.OpenRead(raw.Path);
        foreach (ElfSegment segment in layout.Segments)
        {
            byte[] bytes = new byte[segment.FileBytes];
            memory.Position = segment.PhysicalAddress;
            memory.ReadExactly(bytes);
            Assert.True(bytes.AsSpan().SequenceEqual(core.AsSpan((int)segment.Offset, bytes.Length)), $"the memory at {segment.PhysicalAddress} differs");
        }

        // The BIOS lies just below 4 GiB, with nothing in between.
        Assert.True(await BlocksAsync(raw.Path) < core.Length * 2L, "the gap is not a hole");
    }

    [SkippableTheory]
    [InlineData(MemoryDumpCompression.Zstd, false)]
    [InlineData(MemoryDumpCompression.Zstd, true)]
    [InlineData(MemoryDumpCompression.Gzip, false)]
    [InlineData(MemoryDumpCompression.Gzip, true)]
    [InlineData(MemoryDumpCompression.None, false)]
    [InlineData(MemoryDumpCompression.None, true)]
    public async Task A_damaged_dump_is_refused_and_leaves_nothing(MemoryDumpCompression compression, bool cut)
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync(compression);
        DumpLab.Tamper(dump.Path!, bytes => Damage(bytes, cut));
        string into = Directory.CreateDirectory(Path.Combine(lab.Root, "into")).FullName;
        VmStatsException failure = await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, Path.Combine(into, "x")));
        Assert.Contains(failure.ErrorId, (string[])["DumpDamaged", "DumpHashDiffers"]);
        Assert.Equal(VmStatsErrorKind.InvalidData, failure.Kind);
        Assert.Empty(Directory.GetFiles(into));

        // Without a manifest there is no hash to compare with, but a core that ends early is still no core.
        File.Delete(DumpManifest.PathFor(dump.Path!));
        if (cut)
        {
            failure = await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, Path.Combine(into, "x")));
            Assert.Equal("DumpDamaged", failure.ErrorId);
            Assert.Empty(Directory.GetFiles(into));
        }
    }

    [SkippableFact]
    public async Task What_has_no_manifest_is_expanded_and_said_to_be_unverified()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string copy = Path.Combine(lab.Root, "copy.bin");
        File.Copy(dump.Path!, copy);
        MemoryDumpExpansion done = await ExpandAsync(lab, copy, Path.Combine(lab.Root, "x"));
        Assert.Equal((false, dump.Sha256, null), (done.IsVerified, done.Sha256, done.Name));
    }

    [SkippableFact]
    public async Task A_file_that_is_there_is_replaced_only_when_asked_and_only_by_a_whole_one()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        string target = Path.Combine(lab.Root, "x");
        await File.WriteAllTextAsync(target, "mine");
        Assert.Equal("DumpExpandTargetExists", (await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, target))).ErrorId);
        Assert.Equal("DumpExpandTargetExists", (await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, dump.Path!))).ErrorId);

        byte[] good = await File.ReadAllBytesAsync(dump.Path!);
        DumpLab.Tamper(dump.Path!, bytes => Damage(bytes, cut: false));
        await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, target, overwrite: true));
        Assert.Equal("mine", await File.ReadAllTextAsync(target));

        DumpLab.Tamper(dump.Path!, _ => good);
        await ExpandAsync(lab, dump.Path!, target, overwrite: true);
        Assert.Equal(dump.Sha256, await HashAsync(target));
    }

    [SkippableFact]
    public async Task What_can_not_be_done_is_refused_by_id_and_leaves_nothing()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord dump = await lab.TakeAsync();
        Assert.Equal("DumpNotFound", (await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path + "x", null))).ErrorId);
        Assert.Equal(
            "DumpWriteFailed",
            (await Assert.ThrowsAsync<VmStatsException>(() => ExpandAsync(lab, dump.Path!, Path.Combine(lab.Root, "no", "such", "x")))).ErrorId);

        string text = Path.Combine(lab.Root, "text.gz");
        await File.WriteAllTextAsync(text, "not a core");
        VmStatsException notElf = await Assert.ThrowsAsync<VmStatsException>(
            () => lab.Expander.ExpandAsync(text, Path.Combine(lab.Root, "x"), MemoryDumpImageKind.Raw, overwrite: false, null, default));
        Assert.Equal("DumpNotElf", notElf.ErrorId);

        using CancellationTokenSource stop = new();
        CancelOnReport progress = new(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => lab.Expander.ExpandAsync(dump.Path!, Path.Combine(lab.Root, "x"), MemoryDumpImageKind.Elf, overwrite: false, progress, stop.Token));
        Assert.DoesNotContain(Directory.GetFiles(lab.Root), file => Path.GetFileName(file) is "x" || file.EndsWith(".partial", StringComparison.Ordinal));
    }

    private static byte[] Damage(byte[] bytes, bool cut)
    {
        if (cut)
        {
            return bytes[..(bytes.Length * 2 / 3)];
        }

        bytes[bytes.Length / 2] ^= 0x10;
        return bytes;
    }

    private static Task<MemoryDumpExpansion> ExpandAsync(DumpLab lab, string path, string? target, bool overwrite = false) =>
        lab.Expander.ExpandAsync(path, target, MemoryDumpImageKind.Elf, overwrite, null, default);

    private static async Task<string> HashAsync(string path)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
    }

    // Bytes that the file takes on disk.
    private static async Task<long> BlocksAsync(string path) =>
        512 * long.Parse(await Tool.RunAsync("stat", ["-c", "%b", path], TimeSpan.FromSeconds(30)), System.Globalization.CultureInfo.InvariantCulture);

    private sealed class CancelOnReport(CancellationTokenSource stop) : IProgress<long>
    {
        public void Report(long value) => stop.Cancel();
    }
}
