using System.Diagnostics;
using VmStats.Dumps.Image;
using VmStats.Errors;
using VmStats.IO;
using VmStats.ThirdParty;

namespace VmStats.Dumps.Custody;

/// <summary>Expands stored dumps and verifies them at the same time: an expanded file that doesn't match its dump's manifest is deleted.</summary>
internal sealed class MemoryDumpExpander(IInfrastructure infrastructure)
{
    /// <summary>Expands a dump to a new sparse file with mode 0600, and records this in the ledger.</summary>
    /// <param name="path">The dump's path.</param>
    /// <param name="destination">The new file; null for the dump's own path without <c>.gz</c> or <c>.zst</c> (or with <c>.raw</c>).</param>
    /// <param name="kind">The format of the new file: an ELF core or raw physical memory.</param>
    /// <param name="overwrite">True to replace an existing file.</param>
    /// <param name="progress">Receives the number of stored bytes read so far.</param>
    /// <param name="cancellationToken">Cancels the expansion; the incomplete file is deleted.</param>
    /// <exception cref="VmStatsException">
    /// <c>DumpNotFound</c>, <c>DumpFileUnsafe</c>, <c>DumpFolderNotPrivate</c>, <c>DumpExpandTargetExists</c>, <c>DumpHashDiffers</c>, <c>DumpDamaged</c>,
    /// <c>DumpNotElf</c>, <c>DiskFull</c>, <c>DumpWriteFailed</c>.
    /// </exception>
    public async Task<MemoryDumpExpansion> ExpandAsync(
        string path, string? destination, MemoryDumpImageKind kind, bool overwrite, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using StoredDump source = OpenSource(path, out string? unnoted);
        string target = Path.GetFullPath(destination ?? DefaultTarget(source.FullPath, kind));
        string name = Path.GetFileName(target), partial = $".{Guid.NewGuid():N}{DumpFile.PartialSuffix}";
        using PinnedFolder folder = OpenTarget(target);
        RefuseTarget(source, folder, name, overwrite);
        DumpManifest? manifest = source.TryReadManifest();
        try
        {
            // The file stays open, and thus locked, until it is renamed: an unlocked partial file would be taken for an abandoned one.
            using FileStream file = folder.OpenFile(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            (ImageScan scan, long length) = await WriteAsync(source, file, kind, progress, cancellationToken).ConfigureAwait(false);
            Compare(source.FullPath, scan, manifest);
            folder.Move(partial, name, overwrite);
            LedgerEntry entry = DumpCustody.Entry(LedgerEvent.Expand, source.Name, manifest, null) with { Detail = $"{kind}: {target}" };
            unnoted ??= await NoteAsync(source, entry, cancellationToken).ConfigureAwait(false);
            return new MemoryDumpExpansion
            {
                Path = target,
                SourcePath = source.FullPath,
                Kind = kind,
                Name = manifest?.Name,
                Uuid = manifest?.Uuid,
                Bytes = length,
                Sha256 = scan.Sha256!,
                IsVerified = manifest is not null,
                Elapsed = Stopwatch.GetElapsedTime(started),
                Warnings = unnoted is null ? [] : [$"That the dump '{source.FullPath}' was expanded is not noted in its ledger: {unnoted}"],
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(target, e);
        }
        finally
        {
            if (folder.Find(partial) is not null)
            {
                folder.Delete(partial);
            }
        }
    }

    // A copy on read-only media or in another user's folder can be expanded, too, but not recorded in a ledger there.
    private static StoredDump OpenSource(string path, out string? unnoted)
    {
        StoredDump source;
        try
        {
            source = StoredDump.Open(path, FolderUse.Write);
        }
        catch (VmStatsException e) when (e.ErrorId is ErrorIds.DumpFolderIsLink or ErrorIds.DumpFolderNotPrivate or ErrorIds.DumpFolderUnusable)
        {
            unnoted = e.Message;
            return StoredDump.Open(path, FolderUse.Read);
        }

        try
        {
            source.Ledger.ThrowIfUnsafe();
            unnoted = null;
            return source;
        }
        catch (UnsafePathException e)
        {
            source.Dispose();
            throw DumpErrors.WriteFailed(source.FullPath, e);
        }
    }

    private static PinnedFolder OpenTarget(string target)
    {
        try
        {
            return PinnedFolder.Open(Path.GetDirectoryName(target) ?? target, FolderUse.Add);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DumpErrors.FromWrite(target, e);
        }
    }

    private static void RefuseTarget(StoredDump source, PinnedFolder folder, string name, bool overwrite)
    {
        // The dump may be reachable by two paths, so the files' identities are compared, too.
        FileMetadata? there = folder.Find(name);
        if (there is not null && (!overwrite || folder.PathOf(name) == source.FullPath || there.Value.IsSame(source.Folder.Find(source.Name))))
        {
            throw new VmStatsException(
                ErrorIds.DumpExpandTargetExists, VmStatsErrorKind.InvalidOperation, $"The file '{folder.PathOf(name)}' exists already.", "Name another -Destination, or use -Force.", folder.PathOf(name));
        }
    }

    private async Task<(ImageScan Scan, long Length)> WriteAsync(StoredDump source, FileStream file, MemoryDumpImageKind kind, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long length = 0;
        using FileStream dump = source.OpenFile();
        ImageScan scan = await DumpImage.ScanAsync(dump, infrastructure, Put, progress, cancellationToken).ConfigureAwait(false);
        RandomAccess.SetLength(file.SafeFileHandle, length);
        file.Flush(flushToDisk: true);
        return (scan, length);

        void Put(ReadOnlySpan<byte> piece, long offset, ElfLayout? layout)
        {
            if (kind == MemoryDumpImageKind.Elf)
            {
                SparseWriter.Write(file.SafeFileHandle, piece, offset);
                length = offset + piece.Length;
                return;
            }

            foreach (ElfSegment segment in (layout ?? throw DumpErrors.NotElf(source.Name)).Segments)
            {
                length = Math.Max(length, PutSegment(file, piece, offset, segment));
            }
        }
    }

    // Writes the part of a chunk that belongs to a segment at the segment's physical address. Returns the segment's end address.
    private static long PutSegment(FileStream file, ReadOnlySpan<byte> piece, long offset, ElfSegment segment)
    {
        long start = Math.Max(offset, segment.Offset);
        long end = Math.Min(offset + piece.Length, segment.Offset + segment.FileBytes);
        if (start < end)
        {
            SparseWriter.Write(file.SafeFileHandle, piece[(int)(start - offset)..(int)(end - offset)], segment.PhysicalAddress + (start - segment.Offset));
        }

        return segment.PhysicalAddress + segment.FileBytes;
    }

    private static void Compare(string source, ImageScan scan, DumpManifest? manifest)
    {
        if ((scan.Damage ?? scan.CutOff) is string damage)
        {
            throw new VmStatsException(ErrorIds.DumpDamaged, VmStatsErrorKind.InvalidData, $"The dump '{source}' can't be expanded to its end: {damage}", "Use another dump of this VM; Test-MemoryDump says more.", source);
        }

        if (manifest is not null && (scan.Sha256 != manifest.Sha256 || scan.StoredSha256 != manifest.StoredSha256))
        {
            throw new VmStatsException(ErrorIds.DumpHashDiffers, VmStatsErrorKind.InvalidData, $"The dump '{source}' is not what its manifest describes: a hash differs.", "Use another dump of this VM; Test-MemoryDump says what differs.", source);
        }
    }

    private static async Task<string?> NoteAsync(StoredDump source, LedgerEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await source.Ledger.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static string DefaultTarget(string source, MemoryDumpImageKind kind)
    {
        string image = Path.GetExtension(source) is ".gz" or ".zst" ? source[..^Path.GetExtension(source).Length] : source;
        return kind == MemoryDumpImageKind.Raw ? Path.ChangeExtension(image, ".raw") : image;
    }
}
